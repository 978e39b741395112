/** What `make lab-down` starts, over folders in which nothing runs: that it stops a lab is in lab-life.e2e.ts. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Lab } from '../lab-file.ts';

function labDown(folder: string, words: string[] = [], forests?: string) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, '../forest/lab-down.ts'), ...words],
    {
      env: {
        PATH: process.env['PATH'],
        HOMEWARD_LAB: folder,
        ...(forests !== undefined && { FORESTS: forests }),
      },
      encoding: 'utf8',
    },
  );
  return { status, out: stdout, err: stderr };
}

test('where there is no lab, there is nothing to stop, and that is no failure', () => {
  using place = mkdtempDisposableSync(join(tmpdir(), 'homeward-lab-down-'));
  for (const folder of [place.path, join(place.path, 'never made')]) {
    const { status, out, err } = labDown(folder);
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(out).toMatch(/^lab: down \(\d+\.\d s\)\n$/);
  }
});

test('the demo of a lab that is down is forgotten', () => {
  using place = mkdtempDisposableSync(join(tmpdir(), 'homeward-lab-down-'));
  const file = labFileWith(place.path);
  expect(labDown(place.path).status).toBe(0);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ cloud: null, mailbox: null });
});

test('a forest that it does not know, and words that it does not take, stop nothing', () => {
  using place = mkdtempDisposableSync(join(tmpdir(), 'homeward-lab-down-'));
  const file = labFileWith(place.path);
  const unknown = labDown(place.path, [], 'crop');
  expect(unknown.status).toBe(1);
  expect(unknown.err).toContain('no forest called crop. FORESTS takes all, or some of: corp, hints');
  const words = labDown(place.path, ['hints']);
  expect(words.status).toBe(1);
  expect(words.err).toBe(
    'lab: lab-down takes no words such as hints; to stop some forests only: FORESTS=hints\n',
  );
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ cloud: { url: 'http://localhost:8080' } });
});

test('FORESTS stops those alone, and leaves the demo of the others as it is', () => {
  using place = mkdtempDisposableSync(join(tmpdir(), 'homeward-lab-down-'));
  const file = labFileWith(place.path);
  mkdirSync(join(place.path, 'hints'));
  expect(labDown(place.path, [], 'hints').status).toBe(0);
  const lab = JSON.parse(readFileSync(file, 'utf8')) as Lab;
  expect(lab.forests.map(({ name }) => name)).toEqual(['corp']);
  expect(lab.cloud).toEqual({ url: 'http://localhost:8080' });
});

function labFileWith(folder: string): string {
  const account = { userName: 'one', userPrincipalName: 'one@corp.example.com', password: 'Example-1' };
  const forest = (name: string): Lab['forests'][number] => ({
    ...{ name, realm: name, domain: name, netbiosName: name, baseDn: `DC=${name}`, ldaps: `ldaps://${name}` },
    ...{
      hostName: name,
      address: '127.0.0.1',
      dnsServer: '127.0.0.1',
      caFile: 'ca.crt',
      krb5Config: 'krb5.conf',
    },
    ...{ sambaVersion: '4', peopleOu: `OU=People,DC=${name}`, administrator: account, people: [] },
    agentAccount: { ...account, dn: `CN=Agent,DC=${name}` },
  });
  const lab: Lab = {
    version: 1,
    folder,
    forests: [forest('corp'), forest('hints')],
    ca: { certFile: 'ca.crt', keyFile: 'ca.key' },
    mailbox: { smtp: { host: 'localhost', port: 25 }, url: 'http://localhost:8081' },
    cloud: { url: 'http://localhost:8080' },
  };
  const file = join(folder, 'lab.json');
  writeFileSync(file, JSON.stringify(lab), { mode: 0o600 });
  return file;
}
