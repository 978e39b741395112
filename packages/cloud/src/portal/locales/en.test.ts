import { CHARACTER_KINDS, OUTCOMES, RULES } from '@homeward/protocol/outcome';
import { expect, test } from 'vitest';
import { en } from './en.ts';

test.each(Object.keys(OUTCOMES) as (keyof typeof OUTCOMES)[])('the outcome %s has words', (kind) => {
  const { heading, body } = en.outcomes[kind];
  expect(heading).toMatch(/^[A-Z].*[^.!?]$/);
  expect(body.length).toBeGreaterThan(0);
  for (const sentence of body) expect(sentence).toMatch(/^[A-Z].*[.]$/);
});

test.each(Object.keys(OUTCOMES) as (keyof typeof OUTCOMES)[])('the outcome %s says what holds', (kind) => {
  const said = en.outcomes[kind].body.join(' ');
  const sure = kind !== 'unknown' && kind !== 'replayed' && kind !== 'superseded' && kind !== 'applied';
  expect(said.includes('Your password has not been changed')).toBe(sure);
});

test.each(Object.keys(RULES) as (keyof typeof RULES)[])(
  'the rule %s has words, with and without details',
  (rule) => {
    const bare = en.rules[rule]({ rules: [rule] }, undefined);
    const full = en.rules[rule](
      { rules: [rule], minimumLength: 14, missingKinds: ['digit', 'symbol'], historyLength: 24 },
      { iso: '2026-11-15T05:30:00Z', text: '15 November 2026 at 05:30 UTC' },
    );
    for (const words of [bare, full]) {
      expect(words).toMatch(/^[A-Z].*\.$/);
      expect(words).not.toMatch(/undefined|null|NaN|\[object/);
    }
  },
);

test('the details that help are in the words', () => {
  expect(en.rules.tooShort({ rules: ['tooShort'], minimumLength: 14 }, undefined)).toContain('14 or more');
  expect(en.rules.historyOrFilter({ rules: ['historyOrFilter'], historyLength: 24 }, undefined)).toContain(
    '24',
  );
  expect(
    en.rules.notComplex({ rules: ['notComplex'], missingKinds: ['upper', 'digit'] }, undefined),
  ).toContain('a capital letter or a digit');
  expect(en.rules.tooYoung({ rules: ['tooYoung'] }, { iso: '', text: 'tomorrow at 9' })).toContain(
    'tomorrow at 9',
  );
});

test('every kind of character has words', () => {
  expect(Object.keys(en.characterKinds).toSorted()).toEqual(Object.keys(CHARACTER_KINDS).toSorted());
});

test('no text shouts, apologises or blames', () => {
  const texts: string[] = [];
  const collect = (value: unknown) => {
    if (typeof value === 'string') texts.push(value);
    else if (typeof value === 'function') texts.push(String(value));
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(collect);
  };
  collect(en);
  expect(texts.length).toBeGreaterThan(80);
  for (const text of texts)
    expect(text).not.toMatch(/[a-z]!(\s|$)|\boops\b|\bsorry\b|\binvalid\b|\bplease try again later\b/i);
});
