import { createRequire } from 'node:module';
import { crc32 } from 'node:zlib';
import { Resvg } from '@resvg/resvg-js';
import { beforeAll, describe, expect, it } from 'vitest';
import { experimentFigures } from '../../src/report/experiment-figures.ts';
import { pngOf } from '../../src/report/png.ts';
import { shortened, textWidth, wrapped } from '../../src/report/typeface.ts';
import { viewBoxOf } from './experiment-drawing.ts';
import { experimentFixture } from './experiment-fixture.ts';

interface Chunk {
  readonly type: string;
  readonly data: DataView;
  readonly checksum: number;
  /** Type and data, of which the checksum is. */
  readonly bytes: Uint8Array;
}

function chunksOf(png: Uint8Array): Chunk[] {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const chunks: Chunk[] = [];
  for (let at = 8; at < png.length; ) {
    const length = view.getUint32(at);
    const bytes = png.subarray(at + 4, at + 8 + length);
    chunks.push({
      type: String.fromCharCode(...bytes.subarray(0, 4)),
      data: new DataView(png.buffer, png.byteOffset + at + 8, length),
      checksum: view.getUint32(at + 8 + length),
      bytes,
    });
    at += 12 + length;
  }
  return chunks;
}

describe('a PNG for print', () => {
  let svg = '';
  let png = new Uint8Array();
  beforeAll(async () => {
    const figures = await experimentFigures(experimentFixture({ seeds: 2 }), 'AAPL', 'close');
    svg = figures.find(({ name }) => name === 'last-100-bars')?.svg ?? '';
    png = Uint8Array.from(pngOf(svg, 7));
  });

  it('has 300 dots an inch, in its size and in what it says of itself', () => {
    const [header, resolution] = chunksOf(png);
    const [width, height] = viewBoxOf(svg);
    expect(header?.type).toBe('IHDR');
    expect(header?.data.getUint32(0)).toBe(2100);
    expect(Math.abs(header!.data.getUint32(4) - (2100 * height) / width)).toBeLessThanOrEqual(1);
    expect(resolution?.type).toBe('pHYs');
    // 300 / 0.0254 m, of the unit 1, the metre: PNG specification, 11.3.4.3.
    expect([resolution?.data.getUint32(0), resolution?.data.getUint32(4), resolution?.data.getUint8(8)]).toEqual([11811, 11811, 1]);
  });

  it.skipIf(typeof crc32 !== 'function')('has checksums that zlib agrees with, and one chunk of resolution', () => {
    const chunks = chunksOf(png);
    for (const { bytes, checksum } of chunks) expect(checksum).toBe(crc32(bytes));
    expect(chunks.filter(({ type }) => type === 'pHYs')).toHaveLength(1);
    expect(chunks.at(-1)?.type).toBe('IEND');
  });

  it('is the same bytes each time', () => {
    expect(Buffer.compare(Buffer.from(pngOf(svg, 7)), Buffer.from(png))).toBe(0);
  });

  it('has letters in it, although no font of the system is used', () => {
    expect(pngOf(svg, 2).length).toBeGreaterThan(pngOf(svg.replace(/<text[^>]*>[^<]*<\/text>/g, ''), 2).length * 1.1);
  });

  it('refuses a width of nothing', () => {
    expect(() => pngOf(svg, 0)).toThrow('Expected a width in inches above 0, received 0');
  });
});

describe('the typeface', () => {
  const { resolve } = createRequire(import.meta.url);
  // The ink of a line begins after and ends before its advance by what one letter leaves at its sides: within a fifth of the size.
  it.each(['Actual and predicted', '0.9812', 'coinbase:BTC/USD', 'Will Wrap jumbled (WAVE) fly', '-334,243% <0.001'])(
    'measures %s as it is drawn',
    (text) => {
      for (const bold of [false, true]) {
        const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="900" height="60"><text x="10" y="40" font-size="20" font-family="DejaVu Sans"${bold ? ' font-weight="bold"' : ''}>${text.replace('<', '&lt;')}</text></svg>`;
        const fontFiles = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((file) => resolve(`dejavu-fonts-ttf/ttf/${file}`));
        const width = new Resvg(svg, { font: { loadSystemFonts: false, fontFiles } }).innerBBox()?.width ?? 0;
        expect(Math.abs(width - textWidth(text, 20, bold))).toBeLessThan(5);
      }
    },
  );

  it('shortens a name to its beginning and its end', () => {
    expect(shortened('short', 200, 20)).toBe('short');
    const short = shortened('a-network-with-a-rather-long-name', 200, 20);
    expect(short).toMatch(/^a-net.*\.\.\..*me$/);
    expect(textWidth(short, 20)).toBeLessThanOrEqual(200);
  });

  it('wraps at spaces, and no line is wider than asked', () => {
    const text = 'A sentence of several words with oneverylongwordthatdoesnotfitinanylinebyitself in it.';
    const lines = wrapped(text, 150, 16);
    expect(lines.length).toBeGreaterThan(3);
    for (const line of lines) expect(textWidth(line, 16)).toBeLessThanOrEqual(150);
    expect(wrapped('', 150, 16)).toEqual([]);
  });
});
