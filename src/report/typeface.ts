/**
 * The typeface that figures are measured in. It is wider than what most readers' systems have for `sans-serif`, so what fits in it fits in
 * those too; pictures for print are set in it.
 */
export const TYPEFACE = "'DejaVu Sans', Verdana, sans-serif";

/** Advance widths of the characters from space to tilde, in thousandths of the size: `hmtx` of DejaVuSans.ttf 2.37. */
const REGULAR = [
  318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636, 636, 636, 636, 636, 636, 337,
  337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732,
  684, 989, 685, 611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635,
  635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
];
/** The same of DejaVuSans-Bold.ttf. */
const BOLD = [
  348, 456, 521, 838, 696, 1002, 872, 306, 457, 457, 523, 838, 380, 415, 380, 365, 696, 696, 696, 696, 696, 696, 696, 696, 696, 696, 400,
  400, 838, 838, 838, 580, 1000, 774, 762, 734, 830, 683, 683, 821, 837, 372, 372, 775, 637, 995, 837, 850, 733, 850, 770, 720, 682, 812,
  774, 1103, 771, 724, 725, 457, 365, 457, 838, 500, 500, 675, 716, 593, 716, 678, 435, 716, 712, 343, 343, 665, 343, 1042, 712, 687, 716,
  716, 493, 595, 478, 712, 652, 924, 645, 652, 582, 712, 365, 712, 838,
];
const FIRST = 32;
/** Of a character outside the table: the widest that a Latin text has. */
const OTHER = 1000;
const ELLIPSIS = '...';

/** Width of one line of text, in the unit of the size. */
export function textWidth(text: string, size: number, bold = false): number {
  const widths = bold ? BOLD : REGULAR;
  let width = 0;
  for (const character of text) width += widths[(character.codePointAt(0) ?? 0) - FIRST] ?? OTHER;
  return (width * size) / 1000;
}

/** The text where it is no wider than `width`; otherwise its beginning and its end, which tell long names apart, around an ellipsis. */
export function shortened(text: string, width: number, size: number, bold = false): string {
  if (textWidth(text, size, bold) <= width) return text;
  const characters = Array.from(text);
  for (let kept = characters.length - 1; kept > 1; kept--) {
    const end = Math.floor(kept / 3);
    const short = characters.slice(0, kept - end).join('') + ELLIPSIS + (end === 0 ? '' : characters.slice(-end).join(''));
    if (textWidth(short, size, bold) <= width) return short;
  }
  return ELLIPSIS;
}

/** The text in lines no wider than `width`, broken at spaces; a single word that is wider is shortened. */
export function wrapped(text: string, width: number, size: number, bold = false): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (textWidth(longer, size, bold) <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = shortened(word, width, size, bold);
  }
  return line === '' ? lines : [...lines, line];
}
