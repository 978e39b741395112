import { ConnectionFailure, type Right } from '@homeward/active-directory';
import { Secret } from '@homeward/protocol/secret';
import { expect, test } from 'vitest';
import type { ForestConfig } from '../config.ts';
import { displayWidth } from '../terminal/display-width.ts';
import {
  ACCOUNT,
  DOMAIN,
  fakeDirectory,
  fakeTerminal,
  PEOPLE,
  personIn,
  SALES,
} from './directory.fixture.ts';
import { NEEDED_RIGHTS, OPTIONAL_RIGHTS, RIGHT_NAMES, rightsNamed } from './right-names.ts';
import { countServedPeople } from './served-people.ts';
import { type ShowOptions, showPermissions } from './show-command.ts';

const forest = (more: Partial<ForestConfig> = {}): ForestConfig => ({
  domain: 'corp.example.com',
  ca: undefined,
  account: { userPrincipalName: 'svc-homeward@corp.example.com', password: new Secret('x') },
  requirePolicyHints: false,
  otherWritableController: false,
  ...more,
});

async function show(
  directory: ReturnType<typeof fakeDirectory>,
  options: ShowOptions = {},
  forests = [forest()],
) {
  const terminal = fakeTerminal();
  const deps = { terminal, openForest: () => directory, command: 'homeward-agent' };
  const exit = await showPermissions({ forests }, options, deps);
  return { exit, text: terminal.text() };
}

test('every needed right held ends with 0, and says for how many people', async () => {
  const directory = fakeDirectory({
    rights: { [DOMAIN]: {}, [PEOPLE]: {}, [SALES]: {} },
    people: { [SALES]: 3 },
  });
  const { exit, text } = await show(directory);
  expect(exit).toBe(0);
  expect(text).toContain('All needed rights are held, for 3 people.');
  expect(text).not.toContain('Next');
});

test.each(NEEDED_RIGHTS.filter((right) => right !== 'unexpirePassword'))(
  'an account that lacks %s is told that one, where, and the command that gives it',
  async (right) => {
    const directory = fakeDirectory({
      rights: { [PEOPLE]: {}, [SALES]: { [right]: 'missing' } },
      people: { [SALES]: 3 },
    });
    const { exit, text } = await show(directory);
    expect(exit).toBe(1);
    expect(text).toContain(
      `Needed, and not held\n  ${SALES} (3 people)\n    ${RIGHT_NAMES[right].name}: missing\n\nNext\n  homeward-agent permissions grant --ou '${SALES}'`,
    );
  },
);

test('Unexpire Password is named on the domain itself', async () => {
  const directory = fakeDirectory({ rights: { [PEOPLE]: {} }, single: { unexpirePassword: 'denied' } });
  const { exit, text } = await show(directory);
  expect(exit).toBe(1);
  expect(text).toContain('DENIED     Unexpire Password: denied to Authenticated Users');
  expect(text).toContain('homeward-agent permissions grant --right unexpire-password');
});

test.each(OPTIONAL_RIGHTS)(
  '%s is optional: without it the exit code is 0, and what it brings is said',
  async (right) => {
    const directory = fakeDirectory({
      rights: { [PEOPLE]: right === 'writeMarker' ? { writeMarker: 'missing' } : {} },
      people: { [PEOPLE]: 1 },
      single: { [right]: 'missing' },
    });
    const { exit, text } = await show(directory);
    expect(exit).toBe(0);
    expect(text.replaceAll(/\s+/g, ' ')).toContain(RIGHT_NAMES[right].brings);
  },
);

test('blocked inheritance and denials are told apart', async () => {
  const directory = fakeDirectory({
    rights: { [PEOPLE]: {}, [SALES]: { resetPassword: 'cut', writeLockoutTime: 'denied' } },
    people: { [SALES]: 1 },
  });
  const { text } = await show(directory);
  expect(text).toContain('Reset Password: cut off: inheritance is blocked here');
  expect(text).toContain('Write lockoutTime: denied to the account itself');
  expect(text).toMatch(/Sales, EMEA +1 +1 held +CUT +held +DENIED +held/);
});

test('a person whose own permissions take a right away counts, where people are looked at', async () => {
  const missing: Right[] = ['resetPassword'];
  const directory = fakeDirectory({
    rights: { [PEOPLE]: {} },
    people: { [PEOPLE]: 2 },
    exceptions: { [PEOPLE]: [{ dn: `CN=Ada,${PEOPLE}`, missing }] },
  });
  const { exit, text } = await show(directory, { people: true });
  expect(exit).toBe(1);
  expect(text).toContain(`CN=Ada,${PEOPLE}\n    Reset Password: taken away by the person’s own permissions`);
  expect(text).toContain('NOT ON 1');
});

test('an OU without people does not count in the whole domain, but does where it was asked for', async () => {
  const directory = fakeDirectory({ rights: { [PEOPLE]: {}, [SALES]: { resetPassword: 'missing' } } });
  expect((await show(directory)).exit).toBe(0);
  expect((await show(directory, { ou: [SALES] })).exit).toBe(1);
  expect((await show(directory, {}, [forest({ searchBases: [SALES] })])).exit).toBe(1);
});

test('OUs below with the same rights share a line', async () => {
  const rights = { [PEOPLE]: {}, [`OU=A,${PEOPLE}`]: {}, [SALES]: { resetPassword: 'missing' } as const };
  const directory = fakeDirectory({ rights, people: { [PEOPLE]: 1, [`OU=A,${PEOPLE}`]: 4, [SALES]: 2 } });
  const { text } = await show(directory);
  expect(text).toMatch(/^People +2 +5 held/m);
  expect(text).toMatch(/^ {2}Sales, EMEA +1 +2 held +MISSING/m);
});

test('no line but a command or a name is wider than the terminal', async () => {
  const long = `OU=${'Sales and Marketing '.repeat(3)}🔑,${PEOPLE}`;
  const directory = fakeDirectory({
    rights: { [PEOPLE]: {}, [long]: { resetPassword: 'cut', writeMarker: 'missing' } },
    people: { [long]: 12_345 },
    single: { readPsos: 'missing', readDeletedObjects: 'missing' },
  });
  const { text } = await show(directory);
  const wide = text.split('\n').filter((line) => displayWidth(line) > 80);
  expect(wide.every((line) => line.includes('OU='))).toBe(true);
});

test('as JSON, everything is told in the names of the code', async () => {
  const directory = fakeDirectory({
    rights: { [SALES]: { resetPassword: 'missing' } },
    people: { [SALES]: 2 },
  });
  const { exit, text } = await show(directory, { json: true });
  expect(exit).toBe(1);
  expect(JSON.parse(text)).toMatchObject({
    allNeededHeld: false,
    forests: [
      {
        forest: 'corp.example.com',
        account: { name: 'CORP\\svc-homeward' },
        needed: [{ right: 'resetPassword', dn: SALES, state: 'missing', people: 2 }],
        organizationalUnits: [{ dn: SALES, people: 2, rights: { resetPassword: { state: 'missing' } } }],
      },
    ],
  });
});

test('a forest that cannot be reached does not keep the others from being shown', async () => {
  const good = fakeDirectory({ rights: { [PEOPLE]: {} }, people: { [PEOPLE]: 1 } });
  const bad = {
    ...good,
    rights: async () => {
      throw new ConnectionFailure('certificateExpired', 'dc1.resource.example.com');
    },
  };
  const terminal = fakeTerminal();
  const forests = [forest({ domain: 'resource.example.com' }), forest()];
  const openForest = ({ domain }: ForestConfig) => (domain.startsWith('resource') ? bad : good);
  const exit = await showPermissions({ forests }, {}, { terminal, openForest, command: 'homeward-agent' });
  expect(exit).toBe(1);
  expect(terminal.text()).toContain('The controller’s certificate has expired.');
  expect(terminal.text()).toContain('All needed rights are held, for 1 person.');
});

test('a password that was refused is not tried a second time', async () => {
  const outcome = {
    kind: 'serviceAccountRefused',
    diagnosis: { reason: 'accountOrPasswordWrong', controller: 'dc1.corp.example.com' },
  } as const;
  const good = fakeDirectory({ rights: { [PEOPLE]: {} } });
  const rights = () => Promise.reject(new Error('tried again'));
  const refused = { ...good, rights, probe: async () => ({ reachable: false as const, outcome }) };
  const { exit, text } = await show(refused);
  expect(exit).toBe(1);
  expect(text).toContain('corp.example.com (dc1.corp.example.com)');
  expect(text).toContain('The directory refused the agent’s account name or password.');
});

test('an OU of no forest, and one that is no OU, are refused in words', async () => {
  const directory = fakeDirectory({ rights: { [PEOPLE]: {} } });
  await expect(show(directory, { ou: ['OU=X,DC=elsewhere'] })).rejects.toThrow(
    'lies in no domain of this agent',
  );
  await expect(show(directory, { ou: [`OU=X,${DOMAIN}`] })).rejects.toThrow('is no organisational unit of');
  await expect(show(directory, { forest: 'x.example.com' })).rejects.toThrow(
    'x.example.com is not configured',
  );
});

test('only enabled people who may be served are counted, and each once', async () => {
  const people = [
    personIn(SALES, 0),
    personIn(SALES, 0),
    personIn(SALES, 1, { userAccountControl: ['514'] }),
    personIn(SALES, 2, { adminCount: ['1'] }),
    personIn(SALES, 3, { objectSid: ['S-1-5-21-1-2-3-500'] }),
    personIn(SALES, 4, { objectSid: [ACCOUNT] }),
    personIn(SALES, 5),
    personIn(SALES, 6, { primaryGroupID: ['512'] }),
  ];
  const directory = {
    async *people() {
      yield people;
    },
    protectedMembers: async () => ({
      objectGuids: new Set([`${SALES}/5`]),
      primaryGroupIds: new Set([512]),
    }),
  };
  const query = { searchBases: undefined, ownSid: ACCOUNT, onCounted: () => {} };
  expect(await countServedPeople(directory, query)).toEqual([{ dn: SALES, people: 1 }]);
});

test('rights are named as the tools of Active Directory or as the code does', () => {
  expect(rightsNamed('reset-password')).toEqual(['resetPassword']);
  expect(rightsNamed('Reset Password')).toEqual(['resetPassword']);
  expect(rightsNamed('writePwdLastSet')).toEqual(['writePwdLastSet']);
  expect(rightsNamed('needed')).toEqual(NEEDED_RIGHTS);
  expect(rightsNamed('full-control')).toBeUndefined();
});
