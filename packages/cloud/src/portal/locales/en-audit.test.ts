import { OUTCOMES } from '@homeward/protocol/outcome';
import { expect, test } from 'vitest';
import { enAudit } from './en-audit.ts';

const results = Object.entries(enAudit.results);

test.each(results)('the result %s is a heading, and whole sentences where it means more', (_, words) => {
  const { heading, meaning } = words as { heading: string; meaning?: string };
  expect(heading).toMatch(/^[A-Z].*[^.!?]$/);
  if (meaning !== undefined) expect(meaning).toMatch(/^[A-Z].*\.$/);
});

test.each(Object.entries(enAudit.activities))('the activity %s has words', (_, { name, done }) => {
  for (const text of [name, done]) expect(text).toMatch(/^[A-Z].*[^.!?]$/);
});

test.each(Object.keys(OUTCOMES) as (keyof typeof OUTCOMES)[])(
  'the outcome %s never sounds as if a password had been changed that was not',
  (kind) => {
    const { heading } = enAudit.results[kind];
    expect(heading.startsWith('Password changed')).toBe(kind === 'applied');
  },
);
