import { expect, test } from 'vitest';
import { corpForest } from './corp-forest.ts';

const { people } = corpForest;

test('the company has 40 people, of every kind that the product must tell apart', () => {
  expect(people).toHaveLength(40);
  const kinds = Object.groupBy(people, (person) => person.kind);
  expect(Object.keys(kinds).toSorted()).toEqual([
    'disabled',
    'nestedProtected',
    'ordinary',
    'protected',
    'smartCard',
  ]);
  expect(kinds.ordinary?.length).toBe(36);
});

test('the administrator lives outside of the people OU, the nested protected account inside', () => {
  const top = (kind: string) => people.filter((person) => person.kind === kind).map((person) => person.ou[0]);
  expect(top('protected')).toEqual(['Administration']);
  expect(top('nestedProtected')).toEqual(['People']);
});
