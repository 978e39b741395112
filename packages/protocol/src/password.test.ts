import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Password } from './password.ts';
import { Secret } from './secret.ts';

test.each([
  ['', 'empty'],
  ['x'.repeat(257), 'tooLong'],
  ['lone \ud83d surrogate', 'illFormed'],
  ['nul \0 inside', 'containsNul'],
])('%j is refused as %s', (typed, problem) => {
  expect(Password.parse(typed)).toBe(problem);
  expect(() => Password.of(typed)).toThrow(problem);
});

test('bytes that are no whole UTF-16 units are refused', () => {
  expect(Password.fromUtf16le(Uint8Array.of(65, 0, 66))).toBe('illFormed');
});

test('UTF-16LE gives back every password that is taken', () => {
  const character = fc
    .oneof(fc.integer({ min: 1, max: 0xff }), fc.integer({ min: 1, max: 0x10_ffff }))
    .filter((code) => code < 0xd800 || code > 0xdfff);
  const typed = fc
    .array(character, { minLength: 1, maxLength: 120 })
    .map((codes) => String.fromCodePoint(...codes));
  fc.assert(
    fc.property(typed, (text) => {
      const again = Password.fromUtf16le(Password.of(text).utf16le());
      expect(again).toBeInstanceOf(Password);
      expect((again as Password).reveal()).toBe(text);
    }),
  );
});

test.each([
  ['a password', Password.of('canary-password-1')],
  ['a secret', new Secret('canary-password-1')],
])('%s shows itself to nothing that prints', (_, secret) => {
  const inspected = (secret as unknown as Record<symbol, () => string>)[
    Symbol.for('nodejs.util.inspect.custom')
  ];
  const shown = [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret }),
    inspected?.call(secret) ?? 'missing',
  ];
  for (const text of shown) expect(text).not.toContain('canary');
  expect(shown).toEqual(['[redacted]', '[redacted]', '{"secret":"[redacted]"}', '[redacted]']);
});
