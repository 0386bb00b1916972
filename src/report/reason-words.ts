/** Codes that do not read as words once their capitals are spaced. */
const WORDS: Readonly<Record<string, string>> = {
  absent: 'no bar',
  belowThreshold: 'below the threshold',
  inBand: 'within the band',
  noShortOnSpot: 'no short sale on spot',
  unsized: 'size not known yet',
  drawdownHalt: 'halted by the maximum drawdown',
  dailyLossHalt: 'halted by the daily loss',
  lossesHalt: 'halted after losses in a row',
  exposureLimit: 'limited exposure',
  missed: 'decided too late to enter',
  paused: 'paused by a person',
  flattened: 'given up by a person',
};

/** A code such as `stopLossGap` in words: `stop loss, at the open`. Words of one's own stay as they are. */
export function reasonWords(code: string): string {
  if (!/^[a-z][A-Za-z]*$/.test(code)) return code;
  const gap = code.endsWith('Gap');
  const name = gap ? code.slice(0, -'Gap'.length) : code;
  return `${WORDS[name] ?? name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}${gap ? ', at the open' : ''}`;
}
