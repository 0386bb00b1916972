import { escaped } from '../markup.ts';
import { drawn } from '../palette.ts';
import { TYPEFACE } from '../typeface.ts';
import type { Look, Mark } from './look.ts';

/** One entry of the key of a figure. */
export type Key = { readonly label: string } & (
  | { readonly kind: 'line'; readonly look: Look; readonly marked?: boolean; readonly opacity?: number }
  | { readonly kind: 'mark'; readonly color: string; readonly mark: Mark; readonly hollow?: boolean }
  /** A filled field; bars have an edge. */
  | { readonly kind: 'field'; readonly color: string; readonly opacity?: number; readonly edge?: string }
  | { readonly kind: 'whisker' }
  /** A sign that stands beside numbers. */
  | { readonly kind: 'sign'; readonly sign: string }
);

export const SAMPLE_WIDTH = 40;

/** What the entry looks like in the figure; `y` is its middle. */
export function keySample(key: Key, x: number, y: number): string {
  const middle = x + SAMPLE_WIDTH / 2;
  switch (key.kind) {
    case 'line': {
      const { color, dash, width, mark } = key.look;
      const dashes = dash.length === 0 ? '' : ` stroke-dasharray="${dash.join(' ')}"`;
      const faint = key.opacity === undefined ? '' : ` stroke-opacity="${key.opacity}"`;
      const line = `<path d="M${x} ${y}h${SAMPLE_WIDTH}" fill="none" stroke="${color}" stroke-width="${width}"${dashes}${faint}/>`;
      return key.marked ? line + markAt(mark, middle, y, color, false) : line;
    }
    case 'mark':
      return markAt(key.mark, middle, y, key.color, key.hollow ?? false);
    case 'field': {
      const edge = key.edge === undefined ? '' : ` stroke="${key.edge}" stroke-width="1.6"`;
      const faint = key.opacity === undefined ? '' : ` fill-opacity="${key.opacity}"`;
      return `<rect x="${x + 4}" y="${y - 8}" width="${SAMPLE_WIDTH - 8}" height="16" fill="${key.color}"${faint}${edge}/>`;
    }
    case 'sign':
      return `<text x="${middle}" y="${y + 7}" font-size="19" font-family="${TYPEFACE}" text-anchor="middle" fill="${drawn('ink')}">${escaped(key.sign)}</text>`;
    case 'whisker':
      return `<path d="M${x + 3} ${y}h${SAMPLE_WIDTH - 6}M${x + 3} ${y - 6}v12M${x + SAMPLE_WIDTH - 3} ${y - 6}v12" fill="none" stroke="${drawn('ink')}" stroke-width="2"/>`;
  }
}

function markAt(mark: Mark, x: number, y: number, color: string, hollow: boolean): string {
  const paint = hollow ? `fill="none" stroke="${color}" stroke-width="2.6"` : `fill="${color}"`;
  const size = hollow ? 8 : 5;
  switch (mark) {
    case 'circle':
      return `<circle cx="${x}" cy="${y}" r="${size}" ${paint}/>`;
    case 'rect':
      return `<path d="M${x - size} ${y - size}h${2 * size}v${2 * size}h${-2 * size}Z" ${paint}/>`;
    case 'triangle':
      return `<path d="M${x} ${y - size}l${size} ${2 * size}h${-2 * size}Z" ${paint}/>`;
    case 'diamond':
      return `<path d="M${x} ${y - size}l${size} ${size}l${-size} ${size}l${-size} ${-size}Z" ${paint}/>`;
  }
}
