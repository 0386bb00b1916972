import { readFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { ConfigError } from './config/config-error.ts';
import { crossCheck } from './config/cross-check.ts';
import { experimentPlan, resolveExperiment } from './config/experiment.ts';
import { createModuleLoader, type ModuleLoader } from './config/module.ts';
import { modelOptions, type ResolvedModel, resolveModel, sizingOptions, strategyOptions } from './config/options.ts';
import { applyOverrides, type Override } from './config/override.ts';
import { namesModules, type OwnCode, openOwnCode, withoutLoader } from './config/own-code.ts';
import { withoutAddresses } from './config/paper.ts';
import { type Path, Positions } from './config/position.ts';
import { expandPresets } from './config/preset.ts';
import { type Problem, problemsOf, unknownKeyWords } from './config/problem.ts';
import { type BotConfig, botSchema } from './config/schema.ts';
import { tradingRules } from './config/trading.ts';
import { unsupported } from './config/unsupported.ts';
import { periodsPerYear } from './core/calendar.ts';
import { intervalMs } from './core/interval.ts';
import { instantOf } from './data/instant.ts';
import type { ExperimentPlan } from './lab/plan.ts';
import { createModel } from './models/model.ts';
import { createSchedule } from './models/schedule.ts';
import { createStrategy } from './strategies/registry.ts';
import { sizingRules } from './strategies/sizing.ts';
import type { Bot } from './walk/bot.ts';

export interface BotFileOptions {
  /** Values from the command line, in their order. */
  readonly overrides?: readonly Override[];
  /** Of the process. No `${NAME}` in the section paper is looked up before a session begins: see `paperSettings`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The folder that relative paths of overrides start from. */
  readonly currentDirectory: string;
}

/** A market of a bot: its text as written, and the folder that a relative path in it starts from. */
export interface MarketReference {
  readonly source: string;
  readonly type: 'spot' | 'margin' | 'perpetual';
  /** Whether lots, ticks and smallest orders are those that the exchange has stated. */
  readonly rules?: 'exchange';
  /** Where its funding rates come from, and bars of the lower interval. */
  readonly funding?: string | { readonly rate: string; readonly every: string };
  readonly detail?: string;
  readonly baseDirectory: string;
}

/** A bot file with every default filled in, plain JSON that is itself a valid bot file; for a baseline without what only networks use. */
export type ResolvedConfig = Omit<BotConfig, 'model' | 'ensemble' | 'experiment'> & {
  readonly model?: ResolvedModel;
  readonly ensemble?: Omit<NonNullable<BotConfig['ensemble']>, 'members'> & { readonly members: readonly ResolvedModel[] };
  readonly experiment?: ReturnType<typeof resolveExperiment>;
};

export interface LoadedBot {
  readonly bot: Bot;
  /** What `train` does; undefined without a model. */
  readonly experiment: ExperimentPlan | undefined;
  /** A stored model that serves instead of one that is trained: its key, or the path of its file from the current folder. */
  readonly frozen: { readonly key: string } | { readonly file: string } | undefined;
  readonly intervalMs: number;
  /** Interval of the bars that decide what happened first within a bar. */
  readonly detailMs: number | undefined;
  /** File of the slippages that were measured. */
  readonly measured: string | undefined;
  readonly markets: readonly MarketReference[];
  readonly config: ResolvedConfig;
  /** The section paper as it was written, for `paperSettings`: an address in it may be a secret, so it is neither printed nor stored. */
  readonly paper: BotConfig['paper'];
  /** Throws a ConfigError that says where in the file each problem lies; without problems it does nothing. */
  readonly refuse: (problems: readonly Problem[]) => void;
  /** The folder that relative paths in the bot file start from. */
  readonly folder: string;
}

/** The bot a YAML or JSON file describes. Throws a ConfigError as `resolveBot` does, also where there is no such file. */
export async function loadBot(file: string, options: BotFileOptions): Promise<LoadedBot> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const received = code === 'ENOENT' || code === 'ENOTDIR' ? 'no such file' : code === 'EISDIR' ? 'a folder' : undefined;
    if (!received) throw error;
    throw new ConfigError([`${file}: Expected a bot file, received ${received}; paperwalk init writes one`]);
  }
  return loadBotText(text, file, options);
}

/** As `resolveBot`, with the modules that the text names. */
export async function loadBotText(text: string, file: string, options: BotFileOptions): Promise<LoadedBot> {
  const read = readBot(text, file, options);
  return resolve(read, file, options, namesModules(read.raw) ? await createModuleLoader() : undefined);
}

/**
 * The bot that a text describes; `file` names it in errors and is what relative paths start from. The section `paper` is checked and
 * kept, but acts only in a paper session; modules are loaded by `loadBot` and `loadBotText` only. Throws a ConfigError with one line per problem:
 * `file:line:column`, or the option of an override.
 */
export function resolveBot(text: string, file: string, options: BotFileOptions): LoadedBot {
  return resolve(readBot(text, file, options), file, options);
}

/** A bot file as plain data, overrides applied, lists of models and presets spelled out. */
interface ReadBot {
  readonly raw: Record<string, unknown>;
  /** Where in the file a place of the data was written. */
  readonly written: (path: Path) => Path;
  /** Throws a ConfigError where there are problems. */
  readonly refuse: (problems: readonly Problem[]) => void;
}

function readBot(text: string, file: string, { overrides = [] }: BotFileOptions): ReadBot {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const positions = new Positions(document, lines);
  // Lists of models and presets are spelled out before a file is checked; errors say where they were written.
  let written = (path: Path): Path => path;
  const refuse = (problems: readonly Problem[]) => {
    const located = problems.map(({ path, part, message }) => {
      const place = written(path);
      const override = overrides.findLast((candidate) => sets(candidate, place, part));
      const { line, column } = override ? { line: 0, column: 0 } : positions.of(place, part);
      return { line, column, text: `${override?.option ?? `${file}:${line}:${column}`}: ${message}` };
    });
    located.sort((a, b) => a.line - b.line || a.column - b.column);
    if (located.length > 0) throw new ConfigError(located.map((problem) => problem.text));
  };
  if (document.errors.length > 0) {
    const places = document.errors.map(({ pos, message }) => ({ ...positions.at(pos[0]), message }));
    throw new ConfigError(places.map(({ line, column, message }) => `${file}:${line}:${column}: Expected valid YAML or JSON: ${message}`));
  }
  const raw = plain(document, file);
  applyOverrides(raw, overrides);
  refuse(unsupported(raw));
  written = expandPresets(raw);
  return { raw, written: (path) => written(path), refuse };
}

function resolve({ raw, written, refuse }: ReadBot, file: string, options: BotFileOptions, load: ModuleLoader = withoutLoader): LoadedBot {
  const { overrides = [] } = options;
  const folder = dirname(file);
  const folderOf = (path: Path) =>
    overrides.some((override) => sets(override, written(path), 'value')) ? options.currentDirectory : folder;
  const own = openOwnCode(raw, load, (named, place) => join(isAbsolute(named) ? '' : folderOf([...place, 'module']), named));
  refuse(own.problems);
  const parsed = botSchema.safeParse('name' in raw ? raw : { name: nameOf(file), ...raw }, { error: unknownKeyWords });
  if (!parsed.success) refuse(problemsOf(parsed.error.issues, raw));
  const config = parsed.data as BotConfig;
  refuse(crossCheck(config, own));

  const fromCommandLine = (k: number) =>
    overrides.some(({ path }) => path[0] === 'markets' && (path.length === 1 || path[1] === String(k)));
  return {
    bot: botOf(config, own),
    experiment: experimentPlan(config),
    frozen: frozenOf(
      config,
      overrides.some(({ path }) => path[0] === 'schedule' && (path.length === 1 || path[1] === 'frozen'))
        ? options.currentDirectory
        : folder,
    ),
    intervalMs: intervalMs(config.interval),
    detailMs: config.detail === undefined ? undefined : intervalMs(config.detail),
    measured: measuredOf(config, folder),
    markets: config.markets.map((market, k) => ({
      ...market,
      baseDirectory: fromCommandLine(k) ? options.currentDirectory : folder,
    })),
    config: resolved(config),
    paper: config.paper,
    refuse,
    folder,
  };
}

/** Whether a problem was brought in by an override: in the value it set, or in a section that it made on its way there. */
function sets(override: Override, path: Path, part: Problem['part']): boolean {
  const shared = Math.min(override.path.length, path.length);
  if (part === 'value' && path.length < override.path.length) return false;
  return override.path.slice(0, shared).every((step, k) => step === String(path[k]));
}

function plain(document: ReturnType<typeof parseDocument>, file: string): Record<string, unknown> {
  let raw: unknown;
  try {
    raw = document.toJS();
  } catch (error) {
    // The library stops at aliases that unfold into too much, and at those without an anchor.
    if (!(error instanceof ReferenceError)) throw error;
    throw new ConfigError([`${file}:1:1: Expected aliases that can be resolved: ${error.message}`]);
  }
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    throw new ConfigError([`${file}:1:1: Expected keys and values such as name: my-bot, received ${JSON.stringify(raw) ?? 'nothing'}`]);
  }
  return raw as Record<string, unknown>;
}

/** A name with a dot or a slash is a file, looked for from where the bot file lies or, of an override, from the current folder. */
function frozenOf({ schedule: { frozen } }: BotConfig, folder: string): LoadedBot['frozen'] {
  if (frozen === undefined) return undefined;
  return /[/\\.]/.test(frozen) ? { file: isAbsolute(frozen) ? frozen : join(folder, frozen) } : { key: frozen };
}

function measuredOf({ costs: { slippage } }: BotConfig, folder: string): string | undefined {
  return typeof slippage === 'object' && 'measured' in slippage
    ? join(isAbsolute(slippage.measured) ? '' : folder, slippage.measured)
    : undefined;
}

/** A bot without a name is called like its file. */
function nameOf(file: string): string {
  return basename(file).replace(/\.[^.]*$/, '');
}

function resolved(config: BotConfig): ResolvedConfig {
  const { model, ensemble, experiment, paper, ...rest } = config;
  const whole = {
    ...rest,
    schedule: { ...config.schedule, maxAge: createSchedule(config.schedule).maxAge },
    ...(model && { model: resolveModel(model) }),
    ...(ensemble && { ensemble: { ...ensemble, members: ensemble.members.map(resolveModel) } }),
    ...(experiment && { experiment: resolveExperiment(experiment) }),
    ...(paper && { paper: withoutAddresses(paper) }),
  };
  // Of a feature in code its module, options and sha256 stay.
  return JSON.parse(JSON.stringify(whole)) as typeof whole;
}

function botOf(config: BotConfig, own: OwnCode): Bot {
  const { calendar, history, period, schedule, model, ensemble, costs, sizing, markets } = config;
  return {
    name: config.name,
    calendar: typeof calendar === 'string' ? calendar : '24/7',
    periodsPerYear: typeof calendar === 'string' ? periodsPerYear(calendar, intervalMs(config.interval)) : calendar.periodsPerYear,
    ...(history && { historyFrom: instantOf(history.from) }),
    period: {
      ...(period.from !== undefined && { from: instantOf(period.from) }),
      ...(period.to !== undefined && { to: instantOf(period.to) }),
    },
    evaluate: config.evaluate,
    rules: { ...tradingRules(config), ...sizingRules(sizingOptions(sizing), markets.length) },
    strategy: createStrategy(strategyOptions(config.strategy, costs, own)),
    sizing: sizingOptions(sizing),
    ...(model && { model: createModel(modelOptions(model)) }),
    ...(ensemble && {
      ensemble: { ...ensemble, members: ensemble.members.map((member) => createModel(modelOptions(member))) },
    }),
    schedule: createSchedule(schedule),
    ...(schedule.anchor !== undefined && { anchor: instantOf(schedule.anchor) }),
    seed: config.seed,
  };
}
