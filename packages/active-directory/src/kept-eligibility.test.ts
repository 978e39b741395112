import { expect, test } from 'vitest';
import { KeptEligibility } from './kept-eligibility.ts';

const ada = { sid: 'S-1-5-21-1-2-3-1104', groups: ['S-1-5-21-1-2-3-513'], markerAttribute: undefined };
const minutes = 60_000;

test('is kept for a quarter of an hour by the clock, and for nobody else', () => {
  const kept = new KeptEligibility();
  kept.keep('ada', ada, 0);
  expect(kept.of('ada', 15 * minutes - 1)).toMatchObject(ada);
  expect(kept.of('ada', 15 * minutes)).toBeUndefined();
  expect(kept.of('bob', 0)).toBeUndefined();
});

test('does not last longer where the clock is set back', () => {
  const kept = new KeptEligibility();
  kept.keep('ada', ada, 60 * minutes);
  expect(kept.of('ada', 60 * minutes - 1)).toBeUndefined();
});

test('is read anew once it is forgotten, and replaced by what is read anew', () => {
  const kept = new KeptEligibility();
  kept.keep('ada', ada, 0);
  kept.keep('ada', { ...ada, groups: [] }, 10 * minutes);
  expect(kept.of('ada', 20 * minutes)?.groups).toEqual([]);
  kept.forget('ada');
  expect(kept.of('ada', 20 * minutes)).toBeUndefined();
});

test('does not grow without end', () => {
  const kept = new KeptEligibility();
  for (let person = 0; person <= 10_000; person++) kept.keep(`person ${person}`, ada, 0);
  expect(kept.of('person 0', 0)).toBeUndefined();
  expect(kept.of('person 1', 0)).toBeDefined();
  expect(kept.of('person 10000', 0)).toBeDefined();
});
