import { createColors } from 'picocolors';
import { type FitOutlook, type MarketOutlook, type Outlook, type OutlookStep, RECURSIVE_NOTE } from '../lab/outlook.ts';
import { count, counted, day, moment, percent, price, share } from '../report/format.ts';
import { type Colours, clip, grid, plain, wrap } from '../report/text.ts';

export interface OutlookView {
  readonly colour: boolean;
  /** Columns of the terminal; words are wrapped to it, tables are as wide as they need be. */
  readonly width: number;
}

const NARROWEST = 60;
const WIDEST = 120;

type StepColumn = readonly [heading: string, print: (step: OutlookStep) => string];

/** The forecasts of every market as a table with its lineage, then the failures and what the figures are worth. */
export function outlookText(name: string, { markets, failures }: Outlook, view: OutlookView): string {
  const colours = createColors(view.colour);
  const width = Math.min(WIDEST, Math.max(NARROWEST, Math.floor(view.width)));
  const lines: string[] = [colours.bold(clip(`${plain(name)}  ahead of the last bar`, width)), ''];
  for (const market of markets) lines.push(...marketLines(market, width, colours), '');
  for (const { market, reason } of failures) {
    lines.push(...wrap(`Failed: ${plain(market)}: ${plain(reason)}`, width).map(colours.yellow), '');
  }
  const steps = markets.flatMap((market) => market.steps);
  if (steps.some(({ recursive }) => recursive)) lines.push(...wrap(RECURSIVE_NOTE, width).map(colours.yellow));
  if (steps.some(({ recursive, quantiles }) => recursive && quantiles)) {
    lines.push(
      ...wrap('Quantiles beyond step 1 take the forecasts before them for certain: they are too narrow.', width).map(colours.yellow),
    );
  }
  while (lines.at(-1) === '') lines.pop();
  return lines.join('\n');
}

function marketLines(market: MarketOutlook, width: number, colours: Colours): string[] {
  const columns = columnsOf(market);
  const { members = [] } = market;
  const lineage = (fit: FitOutlook) => {
    const [engine = ''] = fit.engine.split('/');
    const epochs = fit.epochs > 0 ? `, ${counted(fit.epochs, 'epoch')}` : '';
    return `Fit ${fit.key.slice(0, 8)}: ${fit.model} on ${day(fit.trainedFrom)} to ${day(fit.trainedTo)}, ${count(fit.samples)} + ${count(fit.validationSamples)} samples${epochs}, ${counted(market.horizon, 'bar')} ahead, engine ${plain(engine)}`;
  };
  return [
    colours.bold(clip(`${plain(market.market)}  last close ${price(market.lastClose)} at ${moment(market.lastTime)} UTC`, width)),
    ...grid(
      columns.map(([heading]) => heading),
      market.steps.map((step) => columns.map(([, print]) => print(step))),
      colours,
    ),
    ...(members.length > 0 ? [colours.dim(`Together: ${plain(market.model)}`)] : []),
    ...[market.fit, ...members].flatMap((one) => wrap(lineage(one), width).map(colours.dim)),
  ];
}

function columnsOf({ steps, target }: MarketOutlook): StepColumn[] {
  const [first] = steps;
  const volatile = target === 'volatility';
  const level = volatile ? share : price;
  const others = Object.keys(first?.levels ?? {}).filter((name) => name !== 'close' && name !== 'volatility');
  return [
    ['step', ({ step }) => count(step)],
    ['closes at', ({ time }) => moment(time)],
    ...(volatile
      ? ([
          ['volatility', ({ levels }) => share(levels?.volatility)],
          ['at present', ({ persistence }) => share(persistence)],
        ] satisfies StepColumn[])
      : ([
          ['close', ({ close }) => price(close)],
          ['return', ({ return: whole }) => percent(whole)],
          ['last price', ({ persistence }) => price(persistence)],
          ['drift', ({ drift }) => price(drift)],
        ] satisfies StepColumn[])),
    ...others.map((name): StepColumn => [name, ({ levels }) => price(levels?.[name])]),
    ...(first?.quantiles ?? []).map(({ quantile }, q): StepColumn => [`q ${quantile}`, ({ quantiles }) => level(quantiles?.[q]?.level)]),
    ...(first?.spread === undefined ? [] : [['spread', ({ spread }) => share(spread)] satisfies StepColumn]),
    ...(first?.probability === undefined ? [] : [['P(rise)', ({ probability }) => share(probability)] satisfies StepColumn]),
    ...(steps.some(({ recursive }) => recursive) ? [['', ({ recursive }) => (recursive ? 'recursive' : '')] satisfies StepColumn] : []),
  ];
}
