import { readFileSync } from 'node:fs';
import { OUTCOMES } from '@homeward/protocol/outcome';
import { expect, test } from 'vitest';
import { MEANINGS, readErrorCodes } from './error-codes.ts';
import { ERRORS_PAGE, errorsPage } from './errors-page.ts';

test('the page of errors is what the code says now', () => {
  expect(readFileSync(ERRORS_PAGE, 'utf8'), 'run: node tools/errors-page.ts').toBe(errorsPage());
});

test('every error code of every package has a meaning on the page', () => {
  const codes = readErrorCodes();
  expect(codes.length).toBeGreaterThan(30);
  for (const { code, package: owner, meaning } of codes)
    expect(
      meaning,
      `${owner}: ${code} needs a comment in its union, or a row in tools/error-codes.ts`,
    ).toMatch(/^\w.{10,}\.$/);
});

test('no meaning is kept for a code that is gone', () => {
  const codes = readErrorCodes().map(({ code }) => code);
  expect(Object.keys(MEANINGS).filter((code) => !codes.includes(code))).toEqual([]);
});

test('every outcome has a section of its own', () => {
  const page = errorsPage();
  for (const kind of Object.keys(OUTCOMES)) expect(page).toContain(`\n### ${kind}\n`);
});
