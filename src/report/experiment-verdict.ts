import { type ExperimentResult, linearAmong, type ModelScore, type Scores } from '../lab/result.ts';
import { coefficient, counted, percent, pValue } from './format.ts';

/** The level at which a forecast may be called better. */
const SIGNIFICANCE = 0.05;
/** A price-level R2 from which a reader could take an echo of the last price for a forecast. */
const SPLENDID_R2 = 0.5;

/** From here on quantiles of seeds say something. */
const MANY_SEEDS = 10;
const FLATTERED = 'These rows also stopped the training, which flatters the networks.';

type Input = Pick<ExperimentResult, 'scores' | 'scored' | 'split' | 'grid'>;
type Test = Scores['dieboldMarianoLinear'];

/**
 * Which models beat the last price, and which the linear model, in plain sentences. A model is called better only where its errors are
 * smaller and a Diebold-Mariano test says that this is no accident (two-sided p at most 0.05).
 */
export function experimentVerdict(input: Input): string {
  const markets = new Set(input.scores.map(({ market, output }) => `${market} ${output}`));
  return markets.size === 1 ? ofOne(input) : ofMany(input, markets.size);
}

/** The scores of a model that tables show, on the part that is scored. */
export function shownScores({ runs, shown }: ModelScore, scored: 'validation' | 'test'): Scores | null {
  return runs[shown]?.[scored] ?? null;
}

function ofOne({ scores, scored }: Input): string {
  const of = (score: ModelScore) => shownScores(score, scored);
  const networks = scores.filter(({ role }) => role !== 'baseline');
  const persistence = scores.find(({ model }) => model === 'persistence');
  const naive = persistence && of(persistence);
  const sentences: string[] = [];
  if (naive) {
    sentences.push(
      `On the ${counted(naive.bars, `${scored} row`)} ${last(scores)} alone has an R2 of ${coefficient(naive.price.r2)} and an RMSE of ${figure(naive.price.rmse)}.`,
    );
  }
  const better = networks.filter((score) => beatsPersistence(of(score)));
  const ahead = networks.filter((score) => !better.includes(score) && (of(score)?.skillVsPersistence ?? 0) > 0);
  if (better.length > 0) {
    sentences.push(
      `Better than ${last(scores)}: ${names(better, (score) => `skill ${percent(of(score)!.skillVsPersistence)}, p ${pValue(of(score)!.dieboldMariano.pValue)}`)}.`,
    );
  }
  if (ahead.length > 0) {
    sentences.push(
      `Ahead of it, but no more than chance allows: ${names(ahead, (score) => `skill ${percent(of(score)!.skillVsPersistence)}, p ${pValue(of(score)!.dieboldMariano.pValue)}`)}.`,
    );
  }
  const worse = networks.filter((score) => !better.includes(score) && !ahead.includes(score));
  if (worse.length > 0) {
    const all = worse.length === networks.length;
    sentences.push(
      `${all ? `No network forecasts better than ${last(scores)}` : 'Not better than it'}: ${names(worse, (score) => `R2 ${coefficient(of(score)?.price.r2 ?? null)}, RMSE ${figure(of(score)?.price.rmse ?? null)}, skill ${percent(of(score)?.skillVsPersistence ?? null)}`)}.`,
    );
  }
  sentences.push(...linearSentences(scores, networks, scored));
  const splendid = networks.some((score) => !better.includes(score) && (of(score)?.price.r2 ?? 0) >= SPLENDID_R2);
  if (splendid && !isVolatility(scores))
    sentences.push('A high R2 on price levels is no evidence of a forecast: any echo of the last price gets that.');
  sentences.push(...seedSentences(networks, scored));
  if (scored === 'validation') sentences.push(FLATTERED);
  return sentences.join(' ');
}

function linearSentences(scores: readonly ModelScore[], networks: readonly ModelScore[], scored: 'validation' | 'test'): string[] {
  const linear = linearAmong(scores, ({ model }) => model);
  const own = linear && shownScores(linear, scored);
  if (!linear || !own) return ['No linear model was scored.'];
  const better = networks.filter((score) => passes(shownScores(score, scored)?.dieboldMarianoLinear ?? null));
  const words = `the linear model (${linear.model}, R2 ${coefficient(own.price.r2)})`;
  return [
    better.length === 0
      ? `None is better than ${words}.`
      : `Better than ${words}: ${names(better, (score) => `p ${pValue(shownScores(score, scored)!.dieboldMarianoLinear!.pValue)}`)}.`,
  ];
}

function seedSentences(networks: readonly ModelScore[], scored: 'validation' | 'test'): string[] {
  const banded = networks.filter(({ role, bands }) => role === 'network' && bands?.[scored]?.r2);
  if (banded.length === 0) return [];
  // Of few seeds the outer tenths are no more than a point on the way from the last one.
  const seeds = Math.min(...banded.map(({ runs }) => runs.length));
  const words = banded.map(({ model, bands }) => {
    const { minimum, p10, p90, maximum } = bands![scored]!.r2!;
    return `${model} ${coefficient(seeds < MANY_SEEDS ? minimum : p10)} to ${coefficient(seeds < MANY_SEEDS ? maximum : p90)}`;
  });
  return [`Over ${counted(seeds, 'seed')} the R2 (${seeds < MANY_SEEDS ? 'worst to best' : '10 to 90 %'}) is ${words.join(', ')}.`];
}

/** Several markets or outputs: how often each model is better, next to how often chance alone would make it look so. */
function ofMany({ scores, scored }: Input, places: number): string {
  const networks = scores.filter(({ role }) => role !== 'baseline');
  const single = new Set(scores.map(({ output }) => output)).size === 1;
  const sentences = [...new Set(networks.map(({ model }) => model))].map((model) => {
    const all = networks.filter((score) => score.model === model);
    const own = all.map((score) => shownScores(score, scored));
    const better = own.filter(beatsPersistence).length;
    // Highs and lows are easier to forecast than what they are traded at.
    const closes = all.filter(({ output }) => output === 'close').map((score) => shownScores(score, scored));
    const ofClose = single ? '' : ` (of the close on ${closes.filter(beatsPersistence).length} of ${closes.length})`;
    const ahead = own.filter((score) => (score?.skillVsPersistence ?? 0) > 0).length;
    const linear = own.filter((score) => passes(score?.dieboldMarianoLinear ?? null)).length;
    const compared = own.filter((score) => score?.dieboldMarianoLinear).length;
    return `${model} is ahead of ${last(scores)} on ${ahead} of ${counted(own.length, single ? 'market' : 'output')}${single ? '' : ' of all markets'}, and better by the test on ${better}${ofClose}; better than the linear model on ${linear} of ${compared}.`;
  });
  sentences.push(
    `A test at 5 % calls about ${Math.round(places * (SIGNIFICANCE / 2) * 10) / 10} of ${places} models better that are not; p-values are not corrected for that.`,
  );
  if (!isVolatility(scores) && networks.some((score) => (shownScores(score, scored)?.price.r2 ?? 0) >= SPLENDID_R2)) {
    sentences.push('A high R2 on price levels is no evidence of a forecast: any echo of the last price gets that.');
  }
  if (scored === 'validation') sentences.push(FLATTERED);
  return sentences.join(' ');
}

/** What persistence repeats. */
function last(scores: Input['scores']): string {
  return isVolatility(scores) ? 'the present volatility' : 'the last price';
}

function isVolatility(scores: Input['scores']): boolean {
  return scores.every(({ output }) => output === 'volatility');
}

function beatsPersistence(scores: Scores | null): boolean {
  return scores !== null && (scores.skillVsPersistence ?? 0) > 0 && passes(scores.dieboldMariano);
}

function passes(test: Test): boolean {
  return test !== null && (test.statistic ?? 0) > 0 && test.pValue !== null && test.pValue <= SIGNIFICANCE;
}

function names(scores: readonly ModelScore[], words: (score: ModelScore) => string): string {
  return scores.map((score) => `${score.model} (${words(score)})`).join(', ');
}

function figure(value: number | null): string {
  return value === null ? '-' : String(Number(value.toPrecision(3)));
}
