import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type LineCounter, type Node } from 'yaml';

export type Path = readonly (string | number)[];

/** Counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Lines and columns of a parsed YAML or JSON text. */
export class Positions {
  private readonly document: Document;
  private readonly lines: LineCounter;

  constructor(document: Document, lines: LineCounter) {
    this.document = document;
    this.lines = lines;
  }

  /** The place of the value at `path`, or of its key; of the nearest section around it where there is none. */
  of(path: Path, part: 'key' | 'value'): Position {
    let node: Node | null | undefined = this.document.contents;
    let offset = startOf(node) ?? 0;
    path.forEach((step, depth) => {
      const current = isAlias(node) ? node.resolve(this.document) : node;
      node = undefined;
      if (isMap(current)) {
        const pair = current.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
        const key = isNode(pair?.key) ? pair.key : undefined;
        node = isNode(pair?.value) ? pair.value : undefined;
        const wanted = part === 'key' && depth === path.length - 1 ? key : node;
        offset = startOf(wanted) ?? startOf(key) ?? offset;
      } else if (isSeq(current)) {
        const item = current.items[Number(step)];
        node = isNode(item) ? item : undefined;
        offset = startOf(node) ?? offset;
      }
    });
    return this.at(offset);
  }

  at(offset: number): Position {
    const { line, col } = this.lines.linePos(offset);
    return { line, column: col };
  }
}

function startOf(node: Node | null | undefined): number | undefined {
  return node?.range?.[0];
}
