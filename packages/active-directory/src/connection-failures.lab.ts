import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { OUTCOMES } from '@homeward/protocol/outcome';
import { Password } from '@homeward/protocol/password';
import { Secret } from '@homeward/protocol/secret';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Directory, openDirectory } from './directory.ts';
import type { DirectorySettings } from './settings.ts';
import { clock, LabAdministrator, labForests, PATIENT, quiet } from './testing/lab-forest.ts';

const [forest] = labForests();
if (!forest) throw new Error('the lab has no forest');
const plain = { mustChange: false, unlockToo: true };
const fresh = () => Password.of(`Fresh-${crypto.randomUUID()}`);
const somebody = { objectGuid: crypto.randomUUID() };

const settings = (more: Partial<DirectorySettings> = {}): DirectorySettings => ({
  domain: forest.domain,
  dnsServers: [forest.dnsServer],
  ca: readFileSync(forest.caFile, 'utf8'),
  account: {
    userPrincipalName: forest.agentAccount.userPrincipalName,
    password: new Secret(forest.agentAccount.password),
  },
  timeouts: PATIENT,
  ...more,
});

/** What a reset ends with where there is no way to the directory. */
async function failure(
  more: Partial<DirectorySettings>,
  use = (directory: Directory) => directory.resetPassword(somebody, fresh(), plain),
) {
  const directory = openDirectory({ ...settings(), ...more }, { clock, log: quiet });
  try {
    const outcome = await use(directory);
    return { kind: outcome.kind, event: OUTCOMES[outcome.kind].event, reason: outcome.diagnosis?.reason };
  } finally {
    directory.close();
  }
}

const servers: Server[] = [];
const folder = mkdtempSync(join(tmpdir(), 'homeward-certificates-'));
afterAll(() => {
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true });
});

async function listening(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as { port: number }).port}`;
}

const at = (address: string) => ({
  controllers: [forest.hostName],
  addresses: { [forest.hostName]: address },
});

/** A TLS server with a certificate of the lab's own authority that ended before it began. */
async function expiredServer(): Promise<string> {
  const file = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'ignore' });
  const authority = dirname(forest?.caFile ?? '');
  writeFileSync(file('names'), `subjectAltName=DNS:${forest?.hostName}`);
  openssl(
    'req',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    file('key'),
    '-out',
    file('request'),
    '-subj',
    '/CN=expired',
  );
  openssl(
    ...[
      'x509',
      '-req',
      '-in',
      file('request'),
      '-CA',
      join(authority, 'ca.crt'),
      '-CAkey',
      join(authority, 'ca.key'),
    ],
    ...['-set_serial', '7', '-days', '-1', '-extfile', file('names'), '-out', file('certificate')],
  );
  return listening(
    createTlsServer({ key: readFileSync(file('key')), cert: readFileSync(file('certificate')) }),
  );
}

describe('no way to the directory', () => {
  const unreachable = (reason: string) => ({ kind: 'directoryUnreachable', event: 33001, reason });
  const notTrusted = (reason: string) => ({ kind: 'directoryNotTrusted', event: 33009, reason });

  test('nobody listens', async () => {
    expect(await failure(at('127.0.0.1:9'))).toEqual(unreachable('connectionRefused'));
  });

  test('a controller accepts and never answers', async () => {
    const address = await listening(createServer(() => {}));
    const timeouts = { ...PATIENT, connect: 500 };
    expect(await failure({ ...at(address), timeouts })).toEqual(unreachable('noAnswerInTime'));
  });

  test('a controller hangs up', async () => {
    const address = await listening(createServer((socket) => socket.destroy()));
    expect(await failure(at(address))).toEqual(unreachable('connectionEnded'));
  });

  test('the domain’s name is not known', async () => {
    expect(await failure({ domain: 'other.example.com' })).toMatchObject({ kind: 'directoryUnreachable' });
  });

  test('the name server is silent', async () => {
    const timeouts = { ...PATIENT, dns: 200 };
    expect(await failure({ dnsServers: ['127.0.0.1:9'], timeouts })).toMatchObject({
      kind: 'directoryUnreachable',
    });
  });

  test('no TLS is spoken', async () => {
    const address = await listening(createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    expect(await failure(at(address))).toEqual(notTrusted('tlsFailed'));
  });

  test('the certificate has expired', async () => {
    expect(await failure(at(await expiredServer()))).toEqual(notTrusted('certificateExpired'));
  });

  test('the certificate is for another name, at the right address', async () => {
    const other = 'dc9.corp.example.com';
    const more = { controllers: [other], addresses: { [other]: forest.address } };
    expect(await failure(more)).toEqual(notTrusted('certificateWrongName'));
  });

  test('the authority is not known', async () => {
    const { ca: _, ...withoutAuthority } = settings();
    const directory = openDirectory(withoutAuthority, { clock, log: quiet });
    const outcome = await directory.resetPassword(somebody, fresh(), plain);
    directory.close();
    expect(outcome).toMatchObject({
      kind: 'directoryNotTrusted',
      diagnosis: { reason: 'certificateUnknownAuthority', controller: forest.hostName },
    });
  });

  test('a read says it by a fault with the same reason', async () => {
    const directory = openDirectory(settings(at('127.0.0.1:9')), { clock, log: quiet });
    await expect(directory.identity()).rejects.toMatchObject({
      code: 'ERR_DIRECTORY_UNAVAILABLE',
      reason: 'connectionRefused',
      controller: forest.hostName,
    });
    expect(await directory.probe()).toMatchObject({
      reachable: false,
      outcome: { kind: 'directoryUnreachable' },
    });
    directory.close();
    await expect(directory.identity()).rejects.toMatchObject({ code: 'ERR_DIRECTORY_CLOSED' });
  });
});

describe('our own account is refused', () => {
  let lab: LabAdministrator;
  beforeAll(async () => {
    lab = await LabAdministrator.open(forest, 'Binds');
  });
  afterAll(() => lab?.close());

  const refused = (reason: string) => ({ kind: 'serviceAccountRefused', event: 33009, reason });
  const bindingAs = (userPrincipalName: string, password: string) =>
    failure({ account: { userPrincipalName, password: new Secret(password) } });

  test('with a wrong password', async () => {
    const account = await lab.person();
    expect(await bindingAs(account.userPrincipalName, 'Wrong-Password-1')).toEqual(
      refused('accountOrPasswordWrong'),
    );
  });

  test('when it does not exist', async () => {
    expect((await bindingAs(`nobody@${forest.domain}`, 'Wrong-Password-1')).kind).toBe(
      'serviceAccountRefused',
    );
  });

  test.each([
    ['accountDisabled', { userAccountControl: String(0x202) }],
    ['accountExpired', { accountExpires: '133000000000000000' }],
    ['accountMustChangePassword', { pwdLastSet: '0' }],
  ])('as %s', async (reason, attributes) => {
    const account = await lab.person();
    await lab.replace(account.dn, attributes);
    expect(await bindingAs(account.userPrincipalName, account.password)).toEqual(refused(reason));
  });

  test('when it is locked', async () => {
    const account = await lab.person();
    await lab.lock(account);
    expect(await bindingAs(account.userPrincipalName, account.password)).toEqual(refused('accountLocked'));
  });
});
