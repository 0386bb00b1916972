import { CHART_WIDTH, type Drawing } from '../chart.ts';
import { escaped } from '../markup.ts';
import { drawn } from '../palette.ts';
import { shortened, TYPEFACE, textWidth, wrapped } from '../typeface.ts';
import { type Key, keySample, SAMPLE_WIDTH } from './key.ts';
import { type Panel, TEXT_SIZE } from './panel.ts';

/** A panel and where it lies below the head of its sheet. */
export interface Placed {
  readonly x: number;
  readonly y: number;
  /** A heading above the panel, within the height that the panel leaves free: `PANEL_TITLE`. */
  readonly title?: string;
  readonly panel: Panel;
}

/** A figure that stands for itself: title, subject, key, panels. */
export interface Sheet {
  readonly title: string;
  readonly subtitle: string;
  readonly keys: readonly Key[];
  readonly panels: readonly Placed[];
}

export const SHEET_WIDTH = CHART_WIDTH;
export const MARGIN = 22;
export const BODY_WIDTH = SHEET_WIDTH - 2 * MARGIN;
/** Height of the heading of a panel. */
export const PANEL_TITLE = 30;

export interface TextStyle {
  readonly size?: number;
  readonly bold?: boolean;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly color?: string;
}

/** One line of text; `y` is its baseline. */
export function textAt(
  x: number,
  y: number,
  text: string,
  { size = TEXT_SIZE.label, bold = false, anchor, color }: TextStyle = {},
): string {
  const weight = bold ? ' font-weight="bold"' : '';
  const side = anchor === undefined || anchor === 'start' ? '' : ` text-anchor="${anchor}"`;
  return `<text x="${rounded(x)}" y="${rounded(y)}" font-size="${size}" font-family="${TYPEFACE}"${weight}${side} fill="${color ?? drawn('ink')}">${escaped(text)}</text>`;
}

/** The sheet as an SVG of its own: white, with width and height, without references. `id` has to be unique within a page. */
export function drawSheet(drawing: Drawing, sheet: Sheet, id: string): string {
  const parts: string[] = [];
  let y = MARGIN + 20;
  for (const line of wrapped(sheet.title, BODY_WIDTH, TEXT_SIZE.title, true)) {
    parts.push(textAt(MARGIN, y, line, { size: TEXT_SIZE.title, bold: true }));
    y += 30;
  }
  for (const line of wrapped(sheet.subtitle, BODY_WIDTH, TEXT_SIZE.label)) {
    parts.push(textAt(MARGIN, y, line, { color: drawn('faint') }));
    y += 25;
  }
  y += 8;
  const keys = drawKeys(sheet.keys, y);
  parts.push(keys.svg);
  y = keys.end;
  parts.push(drawPanels(drawing, sheet.panels, y, id));
  const height = y + Math.max(0, ...sheet.panels.map((placed) => placed.y + titleHeight(placed) + placed.panel.height)) + MARGIN;
  return standAlone(parts.join(''), height, sheet.title);
}

/** Panels with their headings, `top` lower than they say. */
export function drawPanels(drawing: Drawing, panels: readonly Placed[], top: number, id: string): string {
  return panels
    .map((placed, at) => {
      const { x, title, panel } = placed;
      const y = top + placed.y;
      const heading =
        title === undefined
          ? ''
          : textAt(x, y + 20, shortened(title, panel.width, TEXT_SIZE.name, true), { size: TEXT_SIZE.name, bold: true });
      const svg = drawing({ title: '', caption: '', ...panel }, `${id}-${at}`);
      const content = svg.slice(svg.indexOf('>') + 1, svg.lastIndexOf('</svg>'));
      return `${heading}<g transform="translate(${rounded(x)} ${rounded(y + titleHeight(placed))})">${plain(content)}</g>`;
    })
    .join('');
}

/** Keys side by side, in as many rows as they need; `end` is where the rest may begin. */
export function drawKeys(keys: readonly Key[], top: number): { readonly svg: string; readonly end: number } {
  const parts: string[] = [];
  let x = MARGIN;
  let y = top;
  for (const key of keys) {
    const label = shortened(key.label, BODY_WIDTH - SAMPLE_WIDTH, TEXT_SIZE.label);
    const width = SAMPLE_WIDTH + 9 + textWidth(label, TEXT_SIZE.label);
    if (x > MARGIN && x + width > MARGIN + BODY_WIDTH) {
      x = MARGIN;
      y += 28;
    }
    parts.push(keySample(key, x, y + 7), textAt(x + SAMPLE_WIDTH + 9, y + 14, label));
    x += width + 28;
  }
  return { svg: parts.join(''), end: keys.length === 0 ? y : y + 34 };
}

/** White paper around the content. */
export function standAlone(content: string, height: number, title: string): string {
  const high = Math.ceil(height);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${SHEET_WIDTH}" height="${high}" viewBox="0 0 ${SHEET_WIDTH} ${high}" role="img" aria-label="${escaped(title)}"><rect width="${SHEET_WIDTH}" height="${high}" fill="${drawn('page')}"/>${content}</svg>`;
}

function titleHeight({ title }: Placed): number {
  return title === undefined ? 0 : PANEL_TITLE;
}

/** The shorthand that the charting library writes for some texts, which not every renderer of SVG knows. */
const FONT = /style="font: \w+ (\w+) ([\d.]+px) ([^"]*)"/g;

/** Coordinates to a hundredth, which is finer than any printer and a third less text; fonts written out. */
function plain(svg: string): string {
  return svg
    .replace(/ (?:d|points|transform)="[^"]*"/g, (attribute) => attribute.replace(/-?\d+\.\d{3,}/g, (number) => rounded(Number(number))))
    .replace(FONT, 'style="font-weight:$1;font-size:$2;font-family:$3"');
}

function rounded(value: number): string {
  return String(Number(value.toFixed(2)));
}
