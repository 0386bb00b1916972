import Table from 'cli-table3';
import { intervalName } from '../core/interval.ts';
import { formatInstant } from '../data/instant.ts';
import { type StoredBundle, weightsHash } from '../models/bundle.ts';
import type { Fit } from '../models/fit.ts';
import { isBaseline } from '../models/model.ts';
import type { Layer } from '../models/network.ts';
import { parameterCount, parametersOf, sizeOf } from '../models/parameters.ts';
import { count, loss, moment } from '../report/format.ts';

/** One line of the list, in JSON. */
export function summaryRecord({ bytes, storedAt }: StoredBundle, fit: Fit) {
  return {
    key: fit.key,
    market: fit.market,
    kind: fit.model.kind,
    engine: fit.engine,
    requestedAt: formatInstant(fit.time),
    trainedFrom: formatInstant(fit.trainedFrom),
    trainedTo: formatInstant(fit.trainedTo),
    samples: fit.trainSamples,
    validationSamples: fit.validationSamples,
    parameters: parametersIn(fit),
    epochs: fit.epochs,
    bestEpoch: fit.bestEpoch,
    seed: fit.seed,
    storedAt: formatInstant(Math.floor(storedAt)),
    bytes,
  };
}

export function damagedRecord({ key, bytes }: StoredBundle, reason: string) {
  return { key, bytes, reason };
}

/** Everything a fit says but its weights, in JSON: the summary, and the fit itself with whatever a later version added to it. */
export function modelRecord(bundle: StoredBundle, fit: Fit) {
  const { weights, ...rest } = fit;
  return { ...summaryRecord(bundle, fit), weightsSha256: weightsHash(weights), dataSha256: fit.dataSha256 ?? null, fit: rest };
}

export function modelsTable(found: readonly StoredBundle[], now: number): string {
  const table = new Table({
    head: ['key', 'market', 'kind', 'trained from', 'to', 'samples', 'epochs', 'engine', 'age', 'kB'],
    style: { head: [], border: [] },
    colAligns: ['left', 'left', 'left', 'left', 'left', 'right', 'right', 'left', 'right', 'right'],
  });
  const lines: string[] = [];
  for (const { key, content, bytes, storedAt } of found) {
    if (content.kind === 'damaged') {
      lines.push(`damaged ${key.slice(0, 8)}: ${content.reason}`);
      continue;
    }
    const { market, model, trainedFrom, trainedTo, trainSamples, epochs, engine } = content.fit;
    const [from, to] = [moment(formatInstant(trainedFrom)), moment(formatInstant(trainedTo))];
    // What follows the name of an engine tells its versions apart, at length.
    const [name = ''] = engine.split('/');
    const size = count(Math.ceil(bytes / 1000));
    table.push([key.slice(0, 8), market, model.kind, from, to, count(trainSamples), epochs, name, age(now - storedAt), size]);
  }
  return [...(table.length > 0 ? [table.toString()] : []), ...lines].join('\n');
}

/** Where a model comes from and how it did, a line for each part. */
export function modelDetails({ bytes, storedAt }: StoredBundle, fit: Fit, scores: readonly string[]): string {
  const { model, network, inputScaler, targetScaler } = fit;
  const lines: (readonly [string, string])[] = [
    ['key', fit.key],
    ['market', fit.pooled ? fit.pooled.map(({ market }) => market).join(', ') : fit.market],
    [
      'model',
      `${model.kind}, ${count(parametersIn(fit))} parameters, ${count(bytes)} bytes, stored ${moment(formatInstant(Math.floor(storedAt)))}`,
    ],
    ['engine', fit.engine],
    [
      'window',
      `${network.lookback} bars of ${network.inputs} inputs; ${network.outputs === 1 ? '1 output' : `${network.outputs} outputs`}`,
    ],
    ...layerLines(fit).map((line, k) => [k === 0 ? 'layers' : '', line] as const),
    ['features', model.features.map(plainWords).join(', ')],
    ['target', `${plainWords(model.target)}, ${model.horizon === 1 ? '1 bar' : `${model.horizon} bars`} ahead`],
    ['scalers', `inputs ${inputScaler.kind}, target ${targetScaler.kind}`],
    [
      'data',
      `${moment(formatInstant(fit.trainedFrom))} to ${moment(formatInstant(fit.trainedTo))}${fit.intervalMs === undefined ? '' : `, bars of ${intervalName(fit.intervalMs)}`}, asked for at ${moment(formatInstant(fit.time))}`,
    ],
    ['data sha256', fit.dataSha256 ?? 'not recorded'],
    ['samples', `${count(fit.trainSamples)} training, ${count(fit.validationSamples)} validation`],
    ['seed', String(fit.seed)],
    ['epochs', epochWords(fit)],
    ['weights sha256', weightsHash(fit.weights)],
    ...scores.map((line, k) => [k === 0 ? 'scores' : '', line] as const),
    ...Object.entries(fit)
      .filter(([name]) => !KNOWN.has(name))
      .map(([name, value]) => [name, plainWords(value)] as const),
  ];
  const width = Math.max(...lines.map(([name]) => name.length)) + 2;
  return lines.map(([name, words]) => `${name.padEnd(width)}${words}`).join('\n');
}

// Said in words of their own, or of no interest to people.
const KNOWN: ReadonlySet<string> = new Set<keyof Fit>([
  'schema',
  'key',
  'market',
  'model',
  'network',
  'engine',
  'intervalMs',
  'slot',
  'time',
  'trainedFrom',
  'trainedTo',
  'seed',
  'trainSamples',
  'validationSamples',
  'dataSha256',
  'pooled',
  'inputScaler',
  'targetScaler',
  'meanMove',
  'epochs',
  'bestEpoch',
  'losses',
  'validationLosses',
  'weights',
]);

function epochWords({ epochs, bestEpoch, losses, validationLosses }: Fit): string {
  if (epochs === 0) return 'none: it is worked out in one go';
  const last = (values: readonly number[]) => values[values.length - 1];
  const [training, validation] = [last(losses), last(validationLosses)];
  return [
    `${epochs}, weights of epoch ${bestEpoch}`,
    ...(training === undefined ? [] : [`last loss ${loss(training)}`]),
    ...(validation === undefined ? [] : [`last validation loss ${loss(validation)}`]),
  ].join(', ');
}

function layerLines({ model, network }: Fit): readonly string[] {
  if (isBaseline(model.kind)) return [];
  return parametersOf(network).map((parameters, k) => {
    const size = parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    const words = layerWords(network.layers[k]!);
    return size === 0 ? words : `${words}: ${count(size)} parameters`;
  });
}

function layerWords(layer: Layer): string {
  const { kind, ...options } = layer;
  const words = Object.entries(options)
    // Penalties of zero and settings that are off say nothing.
    .filter(([, value]) => value !== 0 && value !== false)
    .map(([name, value]) => (value === true ? name : `${name} ${plainWords(value)}`));
  return [kind, ...words].join(' ');
}

/** All numbers of a network; of a baseline those that it keeps. */
function parametersIn({ model, network, weights }: Fit): number {
  return isBaseline(model.kind) ? weights.reduce((sum, { values }) => sum + values.length, 0) : parameterCount(network);
}

function plainWords(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** `12 s`, `5 min`, `3 h`, `12 days`. */
function age(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} days`;
}
