import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const page = readFileSync('ARCHITECTURE.md', 'utf8');
const rows = [...page.matchAll(/^\| (\d+) \| (.+?) \| `(packages\/[^`]+)` \| `(\w+)` \| (.+?) \|$/gm)].map(
  ([, number = '', step = '', file = '', name = '']) => ({ number: Number(number), step, file, name }),
);

test('the path of one password is told step by step', () => {
  expect(rows.map(({ number }) => number)).toEqual(rows.map((_, index) => index + 1));
  expect(rows.length).toBeGreaterThan(10);
});

test.each(rows)('step $number, $step, is where the page says', ({ file, name }) => {
  expect(existsSync(file), file).toBe(true);
  const exported = new RegExp(`^export (?:async )?(?:function|class|const) ${name}\\b`, 'm');
  expect(readFileSync(file, 'utf8')).toMatch(exported);
});

test('every package of the repository is on the page', async () => {
  const { readdirSync } = await import('node:fs');
  for (const name of readdirSync('packages')) expect(page).toContain(`| \`${name}\` |`);
});
