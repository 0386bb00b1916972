import type { Policy, Signal, Strategy } from '../core/policy.ts';
import type { OwnFeature } from '../models/feature.ts';
import { canonicalJson } from '../models/key.ts';
import { forecastReturn } from '../strategies/forecast.ts';
import { MODULE_PATH, ModuleError, type ModuleLoader, type OwnModule } from './module.ts';
import { checkedFeature, checkedPolicy, checkedSignal, guarded } from './own-contract.ts';
import type { Path } from './position.ts';
import { type Problem, unknownName } from './problem.ts';

type Section = Record<string, unknown>;
type Role = 'strategy' | 'signal' | 'feature';

/** A place of a bot file that names a module, and the module's path, options and, where its version is fixed, sha256. */
interface Place {
  readonly role: Role;
  readonly path: Path;
  readonly section: OwnSection;
  /** Writes what stands for the module into the raw data of the bot file. */
  readonly put: (value: unknown) => void;
}

/** A module in a bot file once it is opened: a version of code and what it is given, a signal beside it among that. */
export type OwnSection = Readonly<Section> & { readonly module: string };

/** What the modules of a bot file export, by the sections that name them. */
export interface OwnCode {
  strategyOf(section: OwnSection): Strategy;
  signalOf(section: OwnSection): Signal;
}

/** Where there is nothing to load modules with. */
export const withoutLoader: ModuleLoader = (path) => {
  throw new ModuleError(`Expected no module of your own here, where none can be loaded, received ${path}`);
};

/** Whether the raw data of a bot file name a module. */
export function namesModules(raw: Section): boolean {
  return placesIn(raw).length > 0;
}

/**
 * Opens all modules that the raw data of a bot file name, and spells out in their place path, options and sha256 (of a feature, its columns
 * too, which are no part of its JSON). `pathFrom` gives the path from the current folder by the one written in a place.
 */
export function openOwnCode(
  raw: Section,
  load: ModuleLoader,
  pathFrom: (module: string, place: Path) => string,
): OwnCode & { readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const strategies = new Map<string, Strategy>();
  const signals = new Map<string, Signal>();
  for (const { role, path, section, put } of placesIn(raw)) {
    try {
      const { module: named, options, sha256, ...rest } = section;
      const loaded = load(pathFrom(named, path));
      if (sha256 !== undefined && sha256 !== loaded.sha256) {
        throw new ModuleError(
          `Expected ${loaded.file} with the sha256 ${String(sha256)}, received ${loaded.sha256}; restore that version, or take sha256 out`,
        );
      }
      const plain = { ...rest, module: named, ...(options !== undefined && { options }), sha256: loaded.sha256 };
      const exported = configured(loaded, options, role);
      if (role === 'feature') put(openFeature(loaded, exported, plain));
      else {
        put(role === 'signal' ? plain : { kind: 'own', ...plain });
        if (role === 'signal') signals.set(nameOf(plain), openSignal(loaded, exported));
        // The signal beside it was opened before.
        else
          strategies.set(
            nameOf(plain),
            openStrategy(loaded, exported, isSection(rest.signal) ? signals.get(nameOf(rest.signal)) : undefined),
          );
      }
    } catch (error) {
      if (!(error instanceof ModuleError)) throw error;
      problems.push({ path, part: 'value', message: error.message });
    }
  }
  return {
    problems,
    strategyOf: (section) => strategies.get(nameOf(section))!,
    signalOf: (section) => signals.get(nameOf(section))!,
  };
}

/** Features of a stored fit with their code, from modules that lie where the bot file names them. Throws a ModuleError. */
export function openFeatures<T>(features: readonly T[], load: ModuleLoader, pathFrom: (module: string) => string): readonly T[] {
  const raw = { model: { features: [...features] } };
  const { problems } = openOwnCode(raw, load, pathFrom);
  if (problems[0]) throw new ModuleError(problems[0].message);
  return raw.model.features;
}

function nameOf({ module, options, sha256, signal }: Readonly<Section>): string {
  return canonicalJson({ module, options, sha256, signal });
}

/** In the order in which they are opened. */
function placesIn(raw: Section): readonly Place[] {
  const { model, ensemble, experiment } = raw;
  const members = isSection(ensemble) && Array.isArray(ensemble.members) ? ensemble.members : [];
  const models = isSection(experiment) && Array.isArray(experiment.models) ? experiment.models : [];
  return [
    ...strategyPlaces(raw, 'strategy', ['strategy']),
    ...featurePlaces(model, ['model']),
    ...members.flatMap((member, k) => featurePlaces(member, ['ensemble', 'members', k])),
    ...models.flatMap((one, k) => featurePlaces(one, ['experiment', 'models', k])),
  ];
}

function strategyPlaces(parent: Section, key: string, path: Path): readonly Place[] {
  const value = parent[key];
  const members = isSection(value) && Array.isArray(value.of) ? (value.of as unknown[]) : [];
  return [
    ...(isSection(value) ? placeAt('signal', value, 'signal', [...path, 'signal']) : []),
    ...placeAt('strategy', parent, key, path),
    ...members.flatMap((_, k) => strategyPlaces(members as unknown as Section, String(k), [...path, 'of', k])),
  ];
}

function featurePlaces(model: unknown, path: Path): readonly Place[] {
  const features = isSection(model) && Array.isArray(model.features) ? (model.features as unknown[]) : [];
  return features.flatMap((_, k) => placeAt('feature', features as unknown as Section, String(k), [...path, 'features', k]));
}

function placeAt(role: Role, parent: Section, key: string, path: Path): readonly Place[] {
  const value = parent[key];
  const put = (written: unknown) => {
    parent[key] = written;
  };
  if (typeof value === 'string' && MODULE_PATH.test(value)) return [{ role, path, section: { module: value }, put }];
  return isSection(value) && typeof value.module === 'string' ? [{ role, path, section: value as OwnSection, put }] : [];
}

const SHAPES: Readonly<Record<Role, string>> = {
  strategy: 'a policy { kind, slots, decide }, a strategy { name, signals, policy, short }',
  signal: 'a signal { name, column }',
  feature: 'a feature { name, columns }',
};

/** The default export; of a strategy or signal that is a function, what it gives for the options. */
function configured(loaded: OwnModule, options: unknown, role: Role): unknown {
  const { file, exported, names } = loaded;
  const wanted =
    role === 'feature' ? `a function (bars, options) => columns or ${SHAPES.feature}` : `${SHAPES[role]} or a function (options) => one`;
  if (exported === undefined) {
    throw new ModuleError(
      `Expected ${file} to have a default export, ${wanted}, received ${names.length > 0 ? names.join(', ') : 'nothing'}; write export default`,
    );
  }
  if (options !== undefined && !isSection(options))
    throw new ModuleError(`Expected options to be a section of keys and values, received ${described(options)}`);
  if (typeof exported !== 'function') {
    if (options !== undefined)
      throw new ModuleError(`Expected ${file} to export a function of its options, received ${described(exported)}; take options out`);
    if (!isSection(exported)) throw new ModuleError(`Expected ${file} to export ${wanted}, received ${described(exported)}`);
    return exported;
  }
  if (role === 'feature') return exported;
  try {
    return exported(structuredClone(options ?? {}));
  } catch (error) {
    const { place, words } = loaded.describe(error);
    throw new ModuleError(
      `Expected the function that ${file} exports to give ${SHAPES[role]}, received ${words} at ${place}; mend it there`,
    );
  }
}

function openStrategy(loaded: OwnModule, exported: unknown, signal: Signal | undefined): Strategy {
  if (isSection(exported) && ('policy' in exported || 'signals' in exported)) {
    const { name, signals, policy, short = false, across } = exported;
    const { file } = loaded;
    if (signal) throw new ModuleError(`Expected no signal beside ${file}, whose strategy brings its own, received one; take it out`);
    expect(loaded, 'the name of the strategy to be a text', name, typeof name === 'string' && name !== '');
    expect(loaded, 'signals of the strategy to be a list of at least one signal', signals, Array.isArray(signals) && signals.length > 0);
    expect(loaded, 'short of the strategy to be true or false', short, typeof short === 'boolean');
    expect(loaded, 'across of the strategy to be a function', across, across === undefined || typeof across === 'function');
    return {
      name: name as string,
      signals: (signals as unknown[]).map((one) => openSignal(loaded, one)),
      policy: openPolicy(loaded, policy),
      short: short as boolean,
      ...(across !== undefined && { across: guarded(loaded, 'across', (across as NonNullable<Strategy['across']>).bind(exported)) }),
    };
  }
  const policy = openPolicy(loaded, exported);
  const judged = signal ?? forecastReturn;
  return { name: `${policy.kind} on ${judged.name}`, signals: [judged], policy, short: false };
}

function openPolicy(loaded: OwnModule, value: unknown): Policy {
  expect(loaded, SHAPES.strategy, value, isSection(value) && typeof value.decide === 'function');
  const { kind, slots } = value as Section;
  expect(loaded, 'kind of the policy to be a text', kind, typeof kind === 'string' && kind !== '');
  const names = Array.isArray(slots) && slots.every((slot) => typeof slot === 'string') && new Set(slots).size === slots.length;
  expect(loaded, 'slots of the policy to be a list of different names, [] where it remembers nothing', slots, names);
  return checkedPolicy(loaded, value as unknown as Policy);
}

const NEEDS: readonly unknown[] = ['forecast', 'interval', 'probability'];

function openSignal(loaded: OwnModule, value: unknown): Signal {
  expect(loaded, SHAPES.signal, value, isSection(value) && typeof value.column === 'function');
  const { name, needs } = value as Section;
  expect(loaded, 'the name of the signal to be a text', name, typeof name === 'string' && name !== '');
  expect(loaded, `needs of the signal to be one of ${NEEDS.join(', ')}`, needs, needs === undefined || NEEDS.includes(needs));
  return checkedSignal(loaded, value as unknown as Signal);
}

function openFeature(loaded: OwnModule, exported: unknown, plain: Section & { module: string; sha256: string }): OwnFeature {
  const { module, options, sha256, columns: _opened, ...unknown } = plain;
  const extra = Object.keys(unknown)[0];
  if (extra !== undefined) throw new ModuleError(unknownName('key', extra, ['module', 'options', 'sha256']));
  expect(
    loaded,
    SHAPES.feature,
    exported,
    typeof exported === 'function' || (isSection(exported) && typeof exported.columns === 'function'),
  );
  const columns = typeof exported === 'function' ? exported : ((exported as Section).columns as () => unknown).bind(exported);
  const columnsOf = (bars: unknown) => columns(bars, structuredClone(options ?? {}));
  return { module, ...(isSection(options) && { options }), sha256, columns: checkedFeature(loaded, columnsOf) };
}

function expect({ file }: OwnModule, expected: string, value: unknown, holds: boolean): void {
  const words = expected.includes(' to be ') ? `${expected} in ${file}` : `${file} to export ${expected}`;
  if (!holds) throw new ModuleError(`Expected ${words}, received ${described(value)}`);
}

/** What was received, in a few words. */
function described(value: unknown): string {
  if (value instanceof Promise) return 'a promise; make the function synchronous';
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isSection(value)) return `an object with ${Object.keys(value).join(', ') || 'nothing in it'}`;
  return JSON.stringify(value) ?? 'nothing';
}

function isSection(value: unknown): value is Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
