import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { displayWidth, printable, shorten } from './display-width.ts';
import { tableLines } from './table.ts';
import { openTerminal } from './terminal.ts';
import { hang, wrapText } from './wrap-text.ts';

function terminal(more: { tty?: boolean; columns?: number; environment?: Record<string, string> } = {}) {
  const isTTY = more.tty ?? true;
  const raw: boolean[] = [];
  const input = Object.assign(new PassThrough(), {
    isTTY,
    setRawMode: (mode: boolean) => void raw.push(mode),
  });
  const output = Object.assign(new PassThrough(), { isTTY, columns: more.columns ?? 80 });
  const error = Object.assign(new PassThrough(), { isTTY });
  const opened = openTerminal({ input, output, error } as never, more.environment ?? {});
  const shown = (stream: PassThrough) => String(stream.read() ?? '');
  return { opened, input, raw, output: () => shown(output), error: () => shown(error) };
}

test('a secret is read without a sign of what is typed, and raw mode is left again', async () => {
  const { opened, input, raw, error } = terminal();
  const asked = opened.askSecret('Password: ');
  input.write('wr\u0015Pä');
  input.write('x\u007f🔑 "\r');
  expect((await asked).reveal()).toBe('Pä🔑 "');
  expect(raw).toEqual([true, false]);
  expect(error()).toBe('Password: \n');
});

test('Ctrl-C at the password ends the command without an answer', async () => {
  const { opened, input, raw } = terminal();
  const asked = opened.askSecret('Password: ');
  input.write('secret\u0003');
  await expect(asked).rejects.toMatchObject({ code: 'ERR_INTERRUPTED' });
  expect(raw).toEqual([true, false]);
});

test('input that ends at a question ends the command', async () => {
  const { opened, input } = terminal({ tty: false });
  const asked = opened.ask('Apply? ');
  input.end();
  await expect(asked).rejects.toMatchObject({ code: 'ERR_INTERRUPTED' });
});

test('progress is erased before a result, and is not written where nobody looks', () => {
  const watched = terminal();
  watched.opened.progress('Reading');
  watched.opened.print('done');
  expect(watched.error()).toBe('\r\u001b[2KReading …\r\u001b[2K');
  const unwatched = terminal({ tty: false });
  unwatched.opened.progress('Reading');
  expect(unwatched.error()).toBe('');
});

test('colours are for terminals that want them', () => {
  expect(terminal().opened.paint('bad', 'no')).toBe('\u001b[31mno\u001b[0m');
  expect(terminal({ environment: { NO_COLOR: '1' } }).opened.paint('bad', 'no')).toBe('no');
  expect(terminal({ tty: false }).opened.paint('bad', 'no')).toBe('no');
});

test('names from a directory cannot move the cursor or turn the text around', () => {
  expect(printable('OU=a\u001b[2Jb\u202ec\n')).toBe('OU=a�[2Jb�c�');
  expect(printable('OU=Zoë, 日本 🔑')).toBe('OU=Zoë, 日本 🔑');
});

test('wide characters count for two, and a long name is cut in its middle', () => {
  expect(displayWidth('日本🔑a')).toBe(7);
  expect(shorten('Sales and Marketing', 10)).toBe('Sales…ting');
  expect(displayWidth(shorten('🔑🔑🔑🔑🔑🔑', 7))).toBeLessThanOrEqual(7);
});

test('text wraps at spaces and hangs below its mark', () => {
  expect(wrapText('one two three', 7)).toEqual(['one two', 'three']);
  expect(hang('  - ', 'one two three four five six', 24)).toEqual(['  - one two three four', '    five six']);
});

test('a table keeps to the width by its flexible column', () => {
  const columns = [{ head: ['Where'], flexible: true }, { head: ['Reset', 'Password'] }] as const;
  const rows = [[{ text: 'A very long name of a unit' }, { text: 'held' }]];
  expect(tableLines(columns, rows, 23)).toEqual({
    heads: ['               Reset', 'Where          Password'],
    rows: ['A very …a unit held'],
  });
});
