/** Times from `from` (included) to `to` (excluded), ms UTC. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Spans joined with one more: ascending, disjoint, none touching the next. */
export function joinSpans(spans: readonly Span[], more: Span | undefined): readonly Span[] {
  if (!more || !(more.to > more.from)) return spans;
  let { from, to } = more;
  const apart = spans.filter((span) => {
    if (span.to < from || span.from > to) return true;
    from = Math.min(from, span.from);
    to = Math.max(to, span.to);
    return false;
  });
  return [...apart, { from, to }].sort((a, b) => a.from - b.from);
}

/** What of a span lies in none of the others, ascending. `spans` are ascending and disjoint. */
export function uncovered(span: Span, spans: readonly Span[]): readonly Span[] {
  const open: Span[] = [];
  let { from } = span;
  for (const known of spans) {
    if (known.to <= from || known.from >= span.to) continue;
    if (known.from > from) open.push({ from, to: known.from });
    from = known.to;
  }
  return from < span.to ? [...open, { from, to: span.to }] : open;
}
