import { describePeople } from '../forest/describe-people.ts';
import type { ForestDescription } from '../forest/forest-description.ts';
import { smallForest } from '../forest/small-forest.ts';

const FAMILIES = ['North', 'East', 'South', 'West', 'Middle', 'Upper'];
const GIVEN = ['Ada', 'Ben', 'Cleo', 'Dan', 'Eve', 'Fay', 'Gus', 'Hal'];

/**
 * Four dozen people, since whoever waits for the end of a lost write makes no new request; and a directory that
 * remembers every password they ever had: which writes happened, and how often, is read from that memory and not
 * from anybody's answers.
 */
export function chaosForest(): ForestDescription {
  const forest = smallForest('chaos');
  const people = FAMILIES.flatMap((family) =>
    GIVEN.map((given): [string, string, string, string] => [
      `${given}.${family}`.toLowerCase(),
      given,
      family,
      'Pilot',
    ]),
  );
  return {
    ...forest,
    passwordPolicy: { ...forest.passwordPolicy, historyLength: 1_000 },
    people: describePeople([{ name: 'Everyone', ou: forest.peopleOu, memberOf: [], people }]),
  };
}
