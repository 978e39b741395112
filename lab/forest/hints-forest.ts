import { describePeople } from './describe-people.ts';
import type { ForestDescription } from './forest-description.ts';

const PEOPLE = ['People'];
const GROUPS = ['Groups'];

/**
 * A directory that enforces history and minimum age on a reset too, since its Samba offers policy hints. Its policy is
 * strict where corp's is lenient: a password younger than a day is refused, except for whom the PSO says otherwise.
 */
export const hintsForest: ForestDescription = {
  name: 'hints',
  realm: 'HINTS.EXAMPLE.COM',
  netbiosName: 'HINTS',
  controller: 'dc1',
  samba: 'forky',
  organizationalUnits: [PEOPLE, ['Administration'], ['Service Accounts'], GROUPS],
  peopleOu: PEOPLE,
  agentAccount: { userName: 'svc-homeward', displayName: 'Homeward agent', ou: ['Service Accounts'] },
  passwordPolicy: {
    complexity: true,
    minimumLength: 8,
    historyLength: 24,
    minimumAgeDays: 1,
    maximumAgeDays: 0,
    lockoutThreshold: 5,
  },
  passwordSettings: [
    {
      name: 'Long passwords',
      precedence: 10,
      appliesTo: ['Long Passwords'],
      complexity: true,
      minimumLength: 14,
      historyLength: 5,
      minimumAgeDays: 0,
      maximumAgeDays: 0,
      lockoutThreshold: 5,
    },
  ],
  groups: [
    {
      name: 'Long Passwords',
      ou: GROUPS,
      description: 'Has password rules of its own (PSO)',
      memberOf: [],
    },
    {
      name: 'Service Desk',
      ou: GROUPS,
      description: 'Runs the accounts of others, and so is itself protected',
      memberOf: ['Account Operators'],
    },
  ],
  people: describePeople(
    [
      {
        name: 'Research',
        ou: PEOPLE,
        memberOf: [],
        people: [
          ['mira.vogel', 'Mira', 'Vogel', 'Geologist'],
          ['idris.cole', 'Idris', 'Cole', 'Geologist'],
          ['noor.siddiqui', 'Noor', 'Siddiqui', 'Cartographer'],
          ['pablo.reyna', 'Pablo', 'Reyna', 'Surveyor'],
          ['sofie.lund', 'Sofie', 'Lund', 'Surveyor'],
        ],
      },
      {
        name: 'Treasury',
        ou: PEOPLE,
        memberOf: ['Long Passwords'],
        people: [
          ['tove.berglund', 'Tove', 'Berglund', 'Treasurer'],
          ['aldo.conti', 'Aldo', 'Conti', 'Cash Manager'],
          ['ruth.abebe', 'Ruth', 'Abebe', 'Auditor'],
        ],
      },
      {
        name: 'IT',
        ou: PEOPLE,
        memberOf: ['Service Desk'],
        people: [['emil.kovacs', 'Emil', 'Kovács', 'Service Desk Analyst']],
      },
      {
        name: 'IT',
        ou: ['Administration'],
        memberOf: ['Domain Admins'],
        people: [['adm.osei', 'Kofi', 'Osei', 'Directory Administrator']],
      },
    ],
    { 'emil.kovacs': { kind: 'nestedProtected' }, 'adm.osei': { kind: 'protected' } },
  ),
};
