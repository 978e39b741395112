import { expect, test } from 'vitest';
import { inventPassword } from './invent-password.ts';

test('an invented password satisfies every policy of the lab and is never the same', () => {
  const invented = Array.from({ length: 200 }, inventPassword);
  expect(new Set(invented).size).toBe(200);
  for (const password of invented) {
    expect(password).toHaveLength(17);
    for (const kind of [/[A-Z]/, /[a-z]/, /[0-9]/, /-/]) expect(password).toMatch(kind);
    // No vowels, so no name of a person is ever inside; no signs that look alike.
    expect(password).not.toMatch(/[aeiouylAEIOUYL01]/);
  }
});
