import { describePeople } from './describe-people.ts';
import type { ForestDescription, SambaRelease } from './forest-description.ts';

const PEOPLE = ['People'];

/** Five ordinary people and nothing else: made in seconds, for a test that breaks what it uses. */
export function smallForest(
  name: string,
  samba: SambaRelease = 'system',
  more: Pick<ForestDescription, 'mailboxSchema'> = {},
): ForestDescription {
  return {
    ...more,
    name,
    realm: `${name}.EXAMPLE.COM`.toUpperCase(),
    netbiosName: name.toUpperCase(),
    controller: 'dc1',
    samba,
    severalControllers: true,
    organizationalUnits: [PEOPLE, ['Service Accounts']],
    peopleOu: PEOPLE,
    agentAccount: { userName: 'svc-homeward', displayName: 'Homeward agent', ou: ['Service Accounts'] },
    passwordPolicy: {
      complexity: true,
      minimumLength: 8,
      historyLength: 24,
      minimumAgeDays: 0,
      maximumAgeDays: 0,
      lockoutThreshold: 0,
    },
    passwordSettings: [],
    groups: [],
    people: describePeople([
      {
        name: 'Everyone',
        ou: PEOPLE,
        memberOf: [],
        people: [
          ['una.west', 'Una', 'West', 'Pilot'],
          ['duo.east', 'Duo', 'East', 'Pilot'],
          ['tres.north', 'Tres', 'North', 'Pilot'],
          ['quad.south', 'Quad', 'South', 'Pilot'],
          ['quin.middle', 'Quin', 'Middle', 'Pilot'],
        ],
      },
    ]),
  };
}
