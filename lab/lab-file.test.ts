import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Lab, labFile, labFolder, readLab, updateLab, writeLab } from './lab-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'homeward-lab-file-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function exampleLab(): Lab {
  const account = (userName: string) => ({
    userName,
    userPrincipalName: `${userName}@corp.example.com`,
    password: 'Example-1',
  });
  return {
    version: 1,
    folder,
    forests: [
      {
        name: 'corp',
        realm: 'CORP.EXAMPLE.COM',
        domain: 'corp.example.com',
        netbiosName: 'CORP',
        baseDn: 'DC=corp,DC=example,DC=com',
        ldaps: 'ldaps://dc1.corp.example.com:636',
        hostName: 'dc1.corp.example.com',
        address: '127.64.0.1',
        dnsServer: '127.64.0.1',
        caFile: join(folder, 'ca/ca.crt'),
        krb5Config: join(folder, 'corp/krb5.conf'),
        sambaVersion: '4.17.12',
        peopleOu: 'OU=People,DC=corp,DC=example,DC=com',
        administrator: account('Administrator'),
        agentAccount: { ...account('svc-homeward'), dn: 'CN=Agent,DC=corp,DC=example,DC=com' },
        people: [
          {
            ...account('ada.winter'),
            displayName: 'Ada Winter',
            givenName: 'Ada',
            surname: 'Winter',
            mail: 'ada.winter@corp.example.com',
            dn: 'CN=Ada Winter,OU=People,DC=corp,DC=example,DC=com',
            objectGuid: '6747f1d6-c28a-4977-87c0-839db4a1f31d',
            kind: 'ordinary',
          },
        ],
      },
    ],
    ca: { certFile: join(folder, 'ca/ca.crt'), keyFile: join(folder, 'ca/ca.key') },
    mailbox: null,
    cloud: null,
  };
}

test('what is written is read again, by its owner only', async () => {
  await writeLab(exampleLab());
  expect(await readLab(labFile(folder))).toEqual(exampleLab());
  expect((await stat(labFile(folder))).mode & 0o777).toBe(0o600);
});

test('a demo says where its cloud is and keeps the rest', async () => {
  await writeLab(exampleLab());
  await updateLab(labFile(folder), { cloud: { url: 'http://localhost:8080' } });
  expect(await readLab(labFile(folder))).toEqual({
    ...exampleLab(),
    cloud: { url: 'http://localhost:8080' },
  });
});

test('a lab that is not there is said to be so, with what to do', async () => {
  await expect(readLab(labFile(folder))).rejects.toMatchObject({
    code: 'ERR_LAB_FILE_MISSING',
    message: expect.stringContaining('make lab-up'),
  });
});

test('every problem of a broken file is named by its path, and no password with it', async () => {
  const lab = exampleLab();
  const broken = {
    ...lab,
    version: 2,
    forests: lab.forests.map((forest) => ({
      ...forest,
      realm: 7,
      people: forest.people.map(({ objectGuid: _, ...person }) => ({ ...person, kind: 'robot' })),
    })),
    ca: 'nothing',
    mailbox: { url: 'http://localhost' },
  };
  await writeFile(labFile(folder), JSON.stringify(broken));
  const error: unknown = await readLab(labFile(folder)).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'ERR_LAB_FILE_INVALID' });
  const lines = String(error)
    .split('\n')
    .slice(1)
    .map((line) => line.trim());
  expect(lines).toEqual([
    'version: must be 1',
    'forests[0].realm: must be a text',
    'forests[0].people[0].objectGuid: must be a text',
    'forests[0].people[0].kind: must be ordinary, protected, disabled, smartCard or nestedProtected',
    'ca: must be an object',
    'mailbox.smtp: must be an object',
  ]);
  expect(String(error)).not.toContain('Example-1');
});

test('a file that was cut short is not taken for a lab', async () => {
  await writeFile(labFile(folder), '{"version": 1,');
  await expect(readLab(labFile(folder))).rejects.toMatchObject({ code: 'ERR_LAB_FILE_INVALID' });
});

test('the folder is the checkout’s own unless the environment names another', () => {
  expect(labFolder({ HOMEWARD_LAB: '/srv/lab' })).toBe('/srv/lab');
  expect(labFolder({})).toBe(join(import.meta.dirname, '../.lab'));
  expect(labFolder({ HOMEWARD_LAB: '' })).toBe(join(import.meta.dirname, '../.lab'));
});
