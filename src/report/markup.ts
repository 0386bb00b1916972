import type { Drawing, Figure } from './chart.ts';
import { count } from './format.ts';

/** Rows of a table that are shown in full; of a longer one, the first and the last half of this. */
export const TABLE_ROWS = 500;

/** One column of a table: its heading and the text of a row. Columns after the first are set as numbers unless `words`. */
export interface TableColumn<Row> {
  readonly heading: string;
  readonly text: (row: Row) => string;
  readonly words?: boolean;
}

/** Text for HTML content and attributes. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;');
}

/** A table of text cells, escaped here; a long one is cut in the middle and says how much was left out. */
export function table<Row>(columns: readonly TableColumn<Row>[], rows: readonly Row[]): string {
  const cut = rows.length > TABLE_ROWS;
  const half = TABLE_ROWS / 2;
  const body = cut
    ? `${rowsOf(columns, rows.slice(0, half))}<tr><td class="cut" colspan="${columns.length}">${count(rows.length - TABLE_ROWS)} of ${count(rows.length)} rows are left out here</td></tr>${rowsOf(columns, rows.slice(-half))}`
    : rowsOf(columns, rows);
  const head = columns.map((column, at) => `<th${cellClass(column, at)} scope="col">${escaped(column.heading)}</th>`).join('');
  return `<div class="table"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

/** Names and texts in two columns. */
export function facts(pairs: readonly (readonly [name: string, text: string])[]): string {
  return `<dl>${pairs.map(([name, text]) => `<dt>${escaped(name)}</dt><dd>${escaped(text)}</dd>`).join('')}</dl>`;
}

/** A section with a heading; empty where nothing is in it. */
export function section(heading: string, ...parts: readonly string[]): string {
  const body = parts.join('\n');
  return body === '' ? '' : `<section><h2>${escaped(heading)}</h2>\n${body}</section>`;
}

export function paragraph(text: string): string {
  return `<p>${escaped(text)}</p>`;
}

export function list(items: readonly string[]): string {
  return items.length === 0 ? '' : `<ul>${items.map((item) => `<li>${escaped(item)}</li>`).join('')}</ul>`;
}

/** Figures with title and caption; `id` has to be unique within the page. */
export function figure(drawing: Drawing, content: Figure, id: string): string {
  const svg = drawing(content, id).replace('<svg ', `<svg role="img" aria-label="${escaped(content.title)}" `);
  return `<figure><h3>${escaped(content.title)}</h3>${svg}<figcaption>${escaped(content.caption.trim())}</figcaption></figure>`;
}

function rowsOf<Row>(columns: readonly TableColumn<Row>[], rows: readonly Row[]): string {
  return rows
    .map((row) => `<tr>${columns.map((column, at) => `<td${cellClass(column, at)}>${escaped(column.text(row))}</td>`).join('')}</tr>`)
    .join('');
}

function cellClass(column: { readonly words?: boolean }, at: number): string {
  return at === 0 || column.words ? ' class="words"' : '';
}
