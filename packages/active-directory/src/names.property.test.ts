import fc from 'fast-check';
import { EqualityFilter, escapeFilter, FilterParser } from 'ldapts';
import { expect, test } from 'vitest';
import {
  escapeDnValue,
  isBelowOrAt,
  parentDn,
  sameDn,
  splitDn,
  unescapeDnValue,
} from './distinguished-name.ts';

const awkward = fc.string({
  unit: fc.constantFrom(...', + " \\ < > ; = / # * ( ) é 漢 😀 a B 1 \u0000 \n'.split(' '), ' '),
});
const name = fc
  .oneof(
    fc.string({ unit: 'binary', minLength: 1 }),
    awkward.filter((text) => text !== ''),
  )
  .filter((text) => text.isWellFormed());

test('any name survives escaping in a DN', () => {
  fc.assert(
    fc.property(name, (value) => {
      expect(unescapeDnValue(escapeDnValue(value))).toBe(value);
    }),
  );
});

test('names stay one RDN each, whatever they contain', () => {
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 6 }), (values) => {
      const rdns = values.map((value) => `OU=${escapeDnValue(value)}`);
      expect(splitDn(rdns.join(','))).toEqual(rdns);
      expect(parentDn(['CN=x', ...rdns].join(','))).toBe(rdns.join(','));
      expect(isBelowOrAt(['CN=x', ...rdns].join(','), rdns.join(','))).toBe(true);
    }),
  );
});

test('any value survives escaping in a filter', () => {
  fc.assert(
    fc.property(name, (value) => {
      const filter = FilterParser.parseString(escapeFilter`(cn=${value})`);
      expect(filter).toBeInstanceOf(EqualityFilter);
      expect(filter instanceof EqualityFilter && filter.value.toString()).toBe(value);
    }),
  );
});

test.each([
  [' ', '\\ '],
  ['  ', '\\ \\ '],
  ['#1 team', '\\#1 team'],
  ['R&D + Labs; <Alpha>', 'R&D \\+ Labs\\; \\<Alpha\\>'],
  ['a\nb', 'a\\0Ab'],
])('%j is written %j', (value, escaped) => {
  expect(escapeDnValue(value)).toBe(escaped);
});

test('one name written in two ways is the same name', () => {
  expect(sameDn('OU=Sales\\2c EMEA,DC=corp', 'ou=sales\\, emea,dc=Corp')).toBe(true);
  expect(sameDn('OU=Sales,DC=corp', 'OU=Sale,DC=corp')).toBe(false);
  expect(isBelowOrAt('OU=MySales,DC=corp', 'OU=Sales,DC=corp')).toBe(false);
});
