import { describePeople } from './describe-people.ts';
import type { ForestDescription } from './forest-description.ts';
import { smallForest } from './small-forest.ts';

const DEPARTMENTS = 25;
const GIVEN = ['Anna', 'Bo', 'Chloé', 'Dmitri', 'Eleni', 'Farid', 'Grace', 'Henrik', 'Inês', 'Jun'];
const SURNAMES = [
  'Lindqvist',
  'Okafor',
  'García',
  'Novák',
  'Müller',
  'Haddad',
  'Rossi',
  'Tanaka',
  'Nair',
  'Dahl',
];

/** A company of many people, for measuring: made in minutes, so it is kept and copied (bring-large-lab.ts). */
export function largeForest(people: number): ForestDescription {
  const departments = Array.from({ length: DEPARTMENTS }, (_, n) => ['People', `Department ${n}`]);
  const numbers = Array.from({ length: people }, (_, n) => n);
  return {
    ...smallForest('large'),
    organizationalUnits: [['People'], ...departments, ['Service Accounts']],
    people: describePeople(
      departments.map((ou, department) => ({
        name: `Department ${department}`,
        ou,
        memberOf: [],
        people: numbers
          .filter((n) => n % DEPARTMENTS === department)
          .map((n) => {
            const given = GIVEN[n % GIVEN.length] ?? '';
            const surname = SURNAMES[Math.floor(n / GIVEN.length) % SURNAMES.length] ?? '';
            return [`person${n}`, given, `${surname} ${n}`, 'Specialist'];
          }),
      })),
    ),
  };
}
