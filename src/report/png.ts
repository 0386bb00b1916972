import { createRequire } from 'node:module';
import { Resvg } from '@resvg/resvg-js';

const DOTS_PER_INCH = 300;
/** Pixels per metre, in which the format states it: 300 / 0.0254, rounded. */
const DOTS_PER_METRE = 11_811;
const FAMILY = 'DejaVu Sans';
/** Signature, and the header chunk, which has to come first: length, type, 13 bytes, checksum. */
const HEADER_END = 8 + 12 + 13;

/**
 * A picture for print: the SVG, `widthInches` wide at exactly 300 dots per inch, on white. Only the typeface of the package is used,
 * never one of the system, so the same text gives the same bytes on every machine. Throws a RangeError where the width is not positive.
 */
export function pngOf(svg: string, widthInches: number): Uint8Array {
  const width = Math.round(widthInches * DOTS_PER_INCH);
  if (!(width > 0)) throw new RangeError(`Expected a width in inches above 0, received ${widthInches}`);
  const image = new Resvg(svg, {
    background: '#ffffff',
    fitTo: { mode: 'width', value: width },
    font: {
      loadSystemFonts: false,
      fontFiles: fontFiles(),
      defaultFontFamily: FAMILY,
      sansSerifFamily: FAMILY,
      serifFamily: FAMILY,
      monospaceFamily: FAMILY,
    },
  });
  return withResolution(image.render().asPng());
}

function fontFiles(): string[] {
  const { resolve } = createRequire(import.meta.url);
  return ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((file) => resolve(`dejavu-fonts-ttf/ttf/${file}`));
}

/** The picture with a `pHYs` chunk behind its header, which the library does not write: PNG specification (third edition), 11.3.4.3. */
function withResolution(png: Uint8Array): Uint8Array {
  const chunk = new Uint8Array(21);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, 9);
  chunk.set(
    Array.from('pHYs', (letter) => letter.charCodeAt(0)),
    4,
  );
  view.setUint32(8, DOTS_PER_METRE);
  view.setUint32(12, DOTS_PER_METRE);
  // The unit is the metre.
  chunk[16] = 1;
  view.setUint32(17, checksum(chunk.subarray(4, 17)));
  const whole = new Uint8Array(png.length + chunk.length);
  whole.set(png.subarray(0, HEADER_END), 0);
  whole.set(chunk, HEADER_END);
  whole.set(png.subarray(HEADER_END), HEADER_END + chunk.length);
  return whole;
}

/** CRC-32 of ISO 3309, as the PNG specification has it in its annex D. */
function checksum(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
