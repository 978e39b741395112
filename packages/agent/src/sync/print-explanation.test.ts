import {
  explain,
  findSubjects,
  importObjects,
  recordExport,
  synchronise,
  takePendingExports,
} from '@homeward/sync';
import { openInMemorySyncStore } from '@homeward/sync/in-memory-sync-store';
import { expect, test } from 'vitest';
import { explanationLines } from './print-explanation.ts';
import { syncConfigurationOf } from './sync-configuration.ts';

const FOREST = 'S-1-5-21-1-2-3';
const configuration = syncConfigurationOf([{ sid: FOREST, domain: 'corp.example.com', netbiosName: 'CORP' }]);

function anna(attributes: Record<string, string[]>) {
  return {
    objectType: 'user' as const,
    objectGuid: '00000000-0000-4000-8000-000000000001',
    dn: 'CN=Anna,DC=corp,DC=example,DC=com',
    attributes: { sAMAccountName: ['anna'], userAccountControl: ['512'], ...attributes },
  };
}

function linesAfter(...versions: ReturnType<typeof anna>[]): string {
  const store = openInMemorySyncStore();
  for (const version of versions) {
    importObjects(store, configuration, FOREST, [version]);
    synchronise(store, configuration);
    const { operations } = takePendingExports(store, 'provision', 'user', {
      after: 0,
      limit: 9,
      retry: 'always',
    });
    const answer = { kind: 'accepted' as const, cloudAnchor: '00000000-0000-4000-8000-00000000000c' };
    recordExport(
      store,
      operations.map((operation) => ({ operation, answer })),
      0,
    );
  }
  const [subject] = findSubjects(store, 'ANNA');
  if (subject === undefined) throw new Error('nobody is called anna');
  return explanationLines(configuration, explain(store, configuration, subject)).join('\n');
}

test('prints a person from the directory to the cloud, and where the password goes', () => {
  expect(linesAfter(anna({ displayName: ['Anna Öst'] }))).toBe(
    `corp.example.com: CN=Anna,DC=corp,DC=example,DC=com
  objectGUID 00000000-0000-4000-8000-000000000001
  In from AD – User Join: applies
  In from AD – User AccountEnabled: applies
  In from AD – User Common: applies
  linked by In from AD – User Join and In from AD – User AccountEnabled

Metaverse object 2
  sourceAnchor AAAAAAAAAECAAAAAAAAAAQ==, final, from CN=Anna,DC=corp,DC=example,DC=com
  accountEnabled: true   (In from AD – User AccountEnabled, corp.example.com)
  displayName: Anna Öst   (In from AD – User Common, corp.example.com)
  domain: corp.example.com   (In from AD – User AccountEnabled, corp.example.com)
  forest: S-1-5-21-1-2-3   (In from AD – User AccountEnabled, corp.example.com)
  netbiosName: CORP   (In from AD – User AccountEnabled, corp.example.com)
  objectGuid: 00000000-0000-4000-8000-000000000001   (In from AD – User AccountEnabled, corp.example.com)
  sAMAccountName: anna   (In from AD – User AccountEnabled, corp.example.com)
  userPrincipalName: anna@corp.example.com   (In from AD – User AccountEnabled, corp.example.com)

Cloud: cloudAnchor 00000000-0000-4000-8000-00000000000c
  provisioned by Out to cloud – User Join
  up to date

Password: would be written to CN=Anna,DC=corp,DC=example,DC=com in corp.example.com.`,
  );
});

test('says why a password goes nowhere', () => {
  const text = linesAfter(anna({}), anna({ userAccountControl: ['514'] }));
  expect(text).toContain(
    'User AccountEnabled: does not apply, because not: userAccountControl is without the bits 0x2',
  );
  expect(text).toContain(
    'Password: nowhere. No link of the metaverse object to Active Directory was made by the rule',
  );
});

test('says why somebody is not there at all', () => {
  const text = linesAfter(anna({ isCriticalSystemObject: ['TRUE'] }));
  expect(text).toContain('User Join: does not apply, because not: isCriticalSystemObject is other than TRUE');
  expect(text).toContain('Metaverse: nothing.');
  expect(text).toContain('Cloud: nothing is provisioned.');
});
