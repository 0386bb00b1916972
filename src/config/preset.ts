import { isPreset, preset } from '../models/preset.ts';
import type { Path } from './position.ts';

type Section = Readonly<Record<string, unknown>>;

/**
 * Writes what lists of models and presets stand for into the raw data of a bot file: its model under what the file says of it, and, of the first preset
 * among the models, how it is split and scored under what the section experiment says. Gives where in the file a place of the result was
 * written.
 */
export function expandPresets(raw: Record<string, unknown>): (path: Path) => Path {
  const written = unfoldEnsemble(raw);
  const experiment = isSection(raw.experiment) ? raw.experiment : undefined;
  const listed = Array.isArray(experiment?.models) ? experiment.models : undefined;
  const first = [...(listed ?? []), raw.model].map(nameOf).find(isPreset);
  if (raw.model !== undefined) raw.model = expanded(raw.model);
  if (isSection(raw.ensemble) && Array.isArray(raw.ensemble.members)) {
    raw.ensemble = { ...raw.ensemble, members: raw.ensemble.members.map(expanded) };
  }
  if (first !== undefined || listed !== undefined)
    raw.experiment = {
      ...(first !== undefined && preset(first).experiment),
      ...experiment,
      ...(listed && { models: listed.map(expanded) }),
    };
  return written;
}

/** A list of models, or of kinds of one, is the first with the others as its ensemble. */
function unfoldEnsemble(raw: Record<string, unknown>): (path: Path) => Path {
  const { model } = raw;
  const kinds = isSection(model) && Array.isArray(model.kind) ? model.kind : undefined;
  const models = Array.isArray(model) ? model : kinds?.map((kind: unknown) => ({ ...(model as Section), kind }));
  if (models === undefined || models.length === 0) return (path) => path;
  const [first, ...members] = models;
  raw.model = first;
  if (members.length > 0) raw.ensemble = { ...(isSection(raw.ensemble) && raw.ensemble), members };
  return (path) => {
    const member = path[0] === 'ensemble' && path[1] === 'members' ? Number(path[2]) + 1 : path[0] === 'model' ? 0 : -1;
    if (member < 0) return path;
    const rest = path.slice(member === 0 ? 1 : 3);
    if (kinds) return rest[0] === 'kind' ? ['model', 'kind', member] : ['model', ...rest];
    return ['model', member, ...rest];
  };
}

function expanded(model: unknown): unknown {
  const name = nameOf(model);
  if (!isPreset(name)) return model;
  const { kind: _kind, ...own } = isSection(model) ? model : { kind: name };
  const base = preset(name).model;
  // A resolved file names its preset and spells everything out: what it says counts.
  return { preset: name, ...base, ...own, ...sections(base as unknown as Section, own) };
}

/** Sections of a model are merged key by key. */
function sections(base: Section, own: Section): Section {
  const merged: Record<string, unknown> = {};
  for (const key of ['train', 'scaling']) {
    if (isSection(base[key]) && isSection(own[key])) merged[key] = { ...base[key], ...own[key] };
  }
  return merged;
}

function nameOf(model: unknown): unknown {
  return isSection(model) ? model.kind : model;
}

function isSection(value: unknown): value is Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
