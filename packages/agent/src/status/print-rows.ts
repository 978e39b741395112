import { counted } from '../permissions/print-survey.ts';
import { padEnd, printable } from '../terminal/display-width.ts';
import type { Paint, Terminal } from '../terminal/terminal.ts';
import { hang } from '../terminal/wrap-text.ts';

/** `paint` is `good` only for what was asked just now. */
export type Row = { title: string; text: string; paint?: Paint; next?: string };

export function section({ paint, print, width }: Terminal, title: string, rows: readonly Row[]): void {
  print(paint('strong', printable(title)));
  for (const row of rows) {
    const first = `  ${padEnd(row.title, 16)} `;
    for (const line of hang(first, printable(row.text), width)) {
      const told = line.slice(first.length);
      print(line.slice(0, first.length) + (row.paint ? paint(row.paint, told) : told));
    }
    if (row.next !== undefined)
      for (const line of hang(`${' '.repeat(first.length)}→ `, row.next, width)) print(line);
  }
}

const UNITS = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
] as const;

/** @param time Unix ms */
export function ago(time: number, now: number): string {
  const seconds = Math.max(0, Math.round((now - time) / 1000));
  const [size, unit] = UNITS.find(([each]) => seconds >= each) ?? [1, 'second'];
  const at = new Date(time).toISOString().slice(0, 16).replace('T', ' ');
  return `${counted(Math.floor(seconds / size), unit, `${unit}s`)} ago (${at} UTC)`;
}
