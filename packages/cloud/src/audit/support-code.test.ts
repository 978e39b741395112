import { expect, test } from 'vitest';
import { readSupportCode, supportCodeOf } from './support-code.ts';

const ID = '4d33385a-0b1c-4f2e-8a9d-00c04fc964ff';

test('a code has eight characters in two groups', () => {
  expect(supportCodeOf(ID)).toBe('4D33-385A');
});

test.each([
  ['4D33-385A', '4d33385a'],
  [' 4d33 385a ', '4d33385a'],
  ['4d33–385a', '4d33385a'],
  ['４Ｄ３３３８５Ａ', '4d33385a'],
  ['4d33', '4d33'],
  ['4d33385a0b', '4d33385a-0b'],
  [ID, ID],
  [ID.replaceAll('-', ''), ID],
  ['OOIL-0000', '00110000'],
])('%s is read as the beginning of an id', (typed, beginning) => {
  expect(readSupportCode(typed)).toBe(beginning);
});

test.each(['', '4d3', 'xyz1-2345', `${ID}0`, '4d33%', '4d33_'])('"%s" is no code', (typed) => {
  expect(readSupportCode(typed)).toBeUndefined();
});
