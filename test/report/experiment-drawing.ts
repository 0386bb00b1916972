import { textWidth } from '../../src/report/typeface.ts';

/** A text of an SVG and the box that its letters take, in the units of the view box. */
export interface DrawnText {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

type Matrix = readonly [number, number, number, number, number, number];

const IDENTITY: Matrix = [1, 0, 0, 1, 0, 0];
/** Heights of capitals above and of tails below the base line, of the size: DejaVu Sans. */
const ABOVE = 0.73;
const BELOW = 0.21;

/** Every text of a picture, with the groups around it applied. */
export function textsOf(svg: string): DrawnText[] {
  const texts: DrawnText[] = [];
  const groups: Matrix[] = [IDENTITY];
  for (const [token, content = ''] of svg.matchAll(/<g\b[^>]*>|<\/g>|<text\b[^>]*>([^<]*)<\/text>/g)) {
    const outer = groups.at(-1)!;
    if (token === '</g>') groups.pop();
    else if (token.startsWith('<g')) {
      if (!token.endsWith('/>')) groups.push(product(outer, matrixOf(token)));
    } else texts.push(boxOf(token, plain(content), product(outer, matrixOf(token))));
  }
  return texts;
}

/** Pairs of texts that lie on one another, by more than a unit. */
export function overlapsOf(texts: readonly DrawnText[]): string[] {
  return texts.flatMap((one, at) =>
    texts
      .slice(at + 1)
      .filter((two) => one.left < two.right - 1 && two.left < one.right - 1 && one.top < two.bottom - 1 && two.top < one.bottom - 1)
      .map((two) => `${one.text} / ${two.text}`),
  );
}

/** Width and height of the view box. */
export function viewBoxOf(svg: string): readonly [width: number, height: number] {
  const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg) ?? [];
  return [Number(width), Number(height)];
}

function boxOf(token: string, text: string, [a, b, c, d, e, f]: Matrix): DrawnText {
  const number = (name: string) => Number(new RegExp(` ${name}="(-?[\\d.]+)"`).exec(token)?.[1] ?? 0);
  const size = Number(/font-size(?:="|:)([\d.]+)/.exec(token)?.[1]);
  const width = textWidth(text, size, /font-weight(?:="|:)bold/.test(token));
  const anchor = /text-anchor="(\w+)"/.exec(token)?.[1];
  const left = number('x') - (anchor === 'middle' ? width / 2 : anchor === 'end' ? width : 0);
  // Central texts have the middle of ascent and descent at y, which lies 0.345 of the size above the base line.
  const base = number('y') + (token.includes('dominant-baseline="central"') ? 0.345 * size : 0);
  const corners = [left, left + width].flatMap((x) =>
    [base - ABOVE * size, base + BELOW * size].map((y) => [a * x + c * y + e, b * x + d * y + f]),
  );
  const xs = corners.map(([x]) => x!);
  const ys = corners.map(([, y]) => y!);
  return { text, left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}

function matrixOf(token: string): Matrix {
  const [, kind, inner = ''] = / transform="(\w+)\(([^)]*)\)"/.exec(token) ?? [];
  const numbers = inner.split(/[ ,]+/).map(Number);
  if (kind === 'translate') return [1, 0, 0, 1, numbers[0]!, numbers[1] ?? 0];
  return kind === 'matrix' ? (numbers as unknown as Matrix) : IDENTITY;
}

function product([a, b, c, d, e, f]: Matrix, [g, h, i, j, k, l]: Matrix): Matrix {
  return [a * g + c * h, b * g + d * h, a * i + c * j, b * i + d * j, a * k + c * l + e, b * k + d * l + f];
}

function plain(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&');
}
