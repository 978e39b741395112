import { displayWidth, padEnd, padStart, shorten } from './display-width.ts';

/** `head` has one text a line. The one `flexible` column takes what is left of the width, and shortens. */
export type Column = { head: readonly string[]; align?: 'right'; flexible?: boolean };
export type Cell = { text: string; paint?: (text: string) => string };

/** A table without rules, as wide as its texts and at most as wide as the terminal. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly Cell[])[], width: number) {
  const widest = columns.map(({ head }, at) =>
    Math.max(...head.map(displayWidth), ...rows.map((row) => displayWidth(row[at]?.text ?? '')), 1),
  );
  const flexible = columns.findIndex((column) => column.flexible);
  const others = widest.reduce((sum, each, at) => (at === flexible ? sum : sum + each + GAP.length), 0);
  const widths = widest.map((each, at) =>
    at === flexible ? Math.min(each, Math.max(8, width - others)) : each,
  );
  const line = (cells: readonly Cell[]) =>
    columns
      .map(({ align }, at) => {
        const { text = '', paint = plain } = cells[at] ?? {};
        const fitted = shorten(text, widths[at] ?? 0);
        const pad = align === 'right' ? padStart : padEnd;
        return pad(fitted, widths[at] ?? 0).replace(fitted, () => paint(fitted));
      })
      .join(GAP)
      .trimEnd();
  const depth = Math.max(...columns.map(({ head }) => head.length));
  const heads = Array.from({ length: depth }, (_, row) =>
    line(columns.map(({ head }) => ({ text: head[row - depth + head.length] ?? '' }))),
  );
  return { heads, rows: rows.map(line) };
}

const GAP = ' ';
const plain = (text: string) => text;
