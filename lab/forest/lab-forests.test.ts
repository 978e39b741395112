import { expect, test } from 'vitest';
import { chosenForests } from './lab-forests.ts';

const names = (asked: string | undefined) => chosenForests(asked).map((forest) => forest.name);

test('a lab-up that asks for nothing brings the forest of the demo', () => {
  expect(names(undefined)).toEqual(['corp']);
  expect(names('')).toEqual(['corp']);
});

test('forests are chosen by name, in the order of the lab', () => {
  expect(names('all')).toEqual(['corp', 'hints']);
  expect(names('hints,corp')).toEqual(['corp', 'hints']);
  expect(names('hints')).toEqual(['hints']);
  expect(names('resources,merger,corp')).toEqual(['corp', 'merger', 'resources']);
});

test('a forest that is not there is named, with those that are', () => {
  expect(() => names('hints,crop')).toThrow(
    'no forest called crop. FORESTS takes all, or some of: corp, hints, merger, resources',
  );
});
