import { isPreset, preset } from '../models/preset.ts';

type Section = Readonly<Record<string, unknown>>;

/**
 * Writes what a preset stands for into the raw data of a bot file: its model under what the file says of it, and, of the first preset
 * among the models, how it is split and scored under what the section experiment says.
 */
export function expandPresets(raw: Record<string, unknown>): void {
  const experiment = isSection(raw.experiment) ? raw.experiment : undefined;
  const listed = Array.isArray(experiment?.models) ? experiment.models : undefined;
  const first = [...(listed ?? []), raw.model].map(nameOf).find(isPreset);
  if (raw.model !== undefined) raw.model = expanded(raw.model);
  if (first === undefined && listed === undefined) return;
  raw.experiment = {
    ...(first !== undefined && preset(first).experiment),
    ...experiment,
    ...(listed && { models: listed.map(expanded) }),
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
