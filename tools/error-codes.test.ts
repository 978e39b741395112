import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { errorCodesIn, readErrorCodes } from './error-codes.ts';

const codesOf = (text: string) =>
  errorCodesIn(text, 'somewhere').map(({ code, meaning }) => [code, meaning] as const);

test('a semicolon in a comment ends neither the sentence nor the union', () => {
  const union = `
    export type SomeErrorCode =
      /** the file is closed; open it again */
      | 'ERR_CLOSED'
      // a note; with one
      | 'ERR_OPEN' /* a remark; too */
      /** the last of them */
      | 'ERR_LAST';
    export const other = 'ERR_OTHER';`;
  expect(codesOf(union)).toEqual([
    ['ERR_CLOSED', 'The file is closed; open it again.'],
    ['ERR_OPEN', undefined],
    ['ERR_LAST', 'The last of them.'],
  ]);
});

test('a code that a comment names is not a member, and a comment belongs to the member behind it alone', () => {
  const union = `export type SomeErrorCode =
    // was 'ERR_GONE' once
    | 'ERR_FIRST'
    /** like \`ERR_FIRST\`, but
     * later */
    | 'ERR_SECOND';`;
  expect(codesOf(union)).toEqual([
    ['ERR_FIRST', undefined],
    ['ERR_SECOND', 'Like `ERR_FIRST`, but later.'],
  ]);
});

test('every union of a file is read, also one of a single member', () => {
  const text = "export type OneErrorCode = 'ERR_ONE';\nexport type TwoErrorCode = 'ERR_TWO' | 'ERR_THREE';";
  expect(codesOf(text).map(([code]) => code)).toEqual(['ERR_ONE', 'ERR_TWO', 'ERR_THREE']);
});

test('no code that a package writes is missing on the page', () => {
  const told = new Set(readErrorCodes().map(({ code }) => code));
  const written = globSync('packages/*/src/**/errors.ts').flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/'(ERR_\w+)'/g)].map(([, code]) => code),
  );
  expect(written.length).toBeGreaterThan(30);
  expect(written.filter((code) => code !== undefined && !told.has(code))).toEqual([]);
});
