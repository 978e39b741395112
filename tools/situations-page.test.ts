import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const page = readFileSync('docs/situations.md', 'utf8');

test('the page of situations is what the table says now', async () => {
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, ['lab/scenarios/write-situations.ts', '--print']);
  expect(page, 'run: node lab/scenarios/write-situations.ts').toBe(stdout);
});

test('the page has forty situations or more, each with its event and what the directory holds', () => {
  const rows = [...page.matchAll(/^\| (?!situation|---)(.+) \|$/gm)].map(([, row = '']) => row.split(' | '));
  expect(rows.length).toBeGreaterThanOrEqual(40);
  for (const [situation, , , event, read, held] of rows) {
    expect(event, situation).toMatch(/^(?:[36]\d{3,4})/);
    expect(read, situation).not.toBe('');
    expect(held, situation).not.toBe('');
  }
});
