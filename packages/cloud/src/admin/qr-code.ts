import { encode } from 'uqr';

/** Dark on light, whatever colours the terminal has: some cameras read no other. */
const INK = '\u001b[38;5;16m\u001b[48;5;231m';
const RESET = '\u001b[0m';

/** Lines for a terminal, two rows of modules in each. The quiet zone has 4 modules, as ISO/IEC 18004 asks for. */
export function qrCodeLines(text: string): string[] {
  const { data, size } = encode(text, { ecc: 'L', border: 4 });
  return Array.from({ length: Math.ceil(size / 2) }, (_, pair) => {
    const [upper = [], lower = []] = [data[pair * 2], data[pair * 2 + 1]];
    const cells = upper.map((dark, column) => {
      const below = lower[column] ?? false;
      return dark ? (below ? '█' : '▀') : below ? '▄' : ' ';
    });
    return `${INK}${cells.join('')}${RESET}`;
  });
}
