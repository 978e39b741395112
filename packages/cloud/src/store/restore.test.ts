import { readdirSync, readFileSync, renameSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { newId } from '@homeward/protocol/id';
import { expect, test } from 'vitest';
import { administratorStore } from '../admin/administrator-store.ts';
import { sessionStore } from '../admin/session-store.ts';
import { createEnrolmentToken, redeemToken } from '../agents/enrolment-tokens.ts';
import { findGranted, findOutcome, grantRequest, unsettledOf } from '../agents/request-store.ts';
import { ANNA_UPN, choose, newBrowser, passGate } from '../testing/reset-steps.ts';
import { startTestCloud, type TestCloud } from '../testing/test-cloud.ts';
import { backUp } from './backup.ts';
import { type RestoreDeps, type Restored, restoreStore } from './restore.ts';

const HOUR = 60 * 60_000;

type Prepared = { cloud: TestCloud; backup: string; deps: RestoreDeps; store: string };

async function backedUp(cloud: TestCloud): Promise<Prepared> {
  const { dataFolder, masterKeyFile, tenant } = cloud.config;
  const from = join(dirname(dataFolder), 'backup.db');
  const clock = () => cloud.clock.now;
  await backUp({ database: cloud.database, tenant: { id: cloud.tenantId }, clock }, from);
  const deps = { from, dataFolder, masterKeyFile, tenantName: tenant.name, clock };
  return { cloud, backup: from, deps, store: join(dataFolder, 'cloud.db') };
}

async function stopAndRestore({ cloud, deps }: Prepared): Promise<Restored> {
  await cloud.stop();
  return restoreStore(deps);
}

/** as a cloud that is stopped is started */
const start = ({ cloud }: Prepared) => cloud.restart();

function peopleIn(file: string): unknown {
  using database = new DatabaseSync(file);
  return database.prepare('select count(*) as n from person').get()?.['n'];
}

const requestOf = (cloud: TestCloud, expires: number) => ({
  ...{ id: newId(), tenantId: cloud.tenantId, agentId: newId(), flowId: newId(), personId: newId() },
  ...{ operation: 'reset' as const, sealedDigest: undefined, issued: expires - 120_000, expires },
});

test('the store is as it was, the former one is kept, and both times are in the audit log', async () => {
  await using cloud = await startTestCloud({ background: false });
  const prepared = await backedUp(cloud);
  const backedUpAt = cloud.clock.now;
  await cloud.database.deleteFrom('person').execute();
  cloud.clock.now += HOUR;
  const restored = await stopAndRestore(prepared);
  const formerStore = `${prepared.store}.before-2026-11-14T10-30-00-000Z`;
  expect(restored).toMatchObject({ asOf: backedUpAt, formerStore, store: prepared.store, migrations: [] });
  const left = ['cloud.db', 'cloud.db.before-2026-11-14T10-30-00-000Z'];
  expect(readdirSync(cloud.config.dataFolder).sort()).toEqual(left);
  for (const file of [prepared.store, formerStore]) expect(statSync(file).mode & 0o777).toBe(0o600);
  expect([peopleIn(formerStore), peopleIn(prepared.store)]).toEqual([0, 1]);
  await start(prepared);
  expect(await cloud.database.selectFrom('person').select('userName').execute()).toHaveLength(1);
  const entries = await cloud.database
    .selectFrom('audit')
    .select(['activity', 'result', 'at'])
    .where('activity', 'in', ['backUpStore', 'restoreStore'])
    .execute();
  expect(entries).toEqual([
    { activity: 'backUpStore', result: 'pending', at: backedUpAt },
    { activity: 'restoreStore', result: 'success', at: cloud.clock.now },
  ]);
});

test('what was given out is void at once: reset under way, ticket, token, session', async () => {
  await using cloud = await startTestCloud();
  const browser = await passGate(cloud);
  const { database, secrets } = cloud;
  const { token } = await createEnrolmentToken({ ...cloud, clock: () => cloud.clock.now }, cloud.tenantId);
  const administratorId = newId();
  await administratorStore(database).insert({
    ...{ id: administratorId, tenantId: cloud.tenantId, userName: 'admin-anna', mail: null },
    ...{ passwordSealed: '', totpSeedSealed: '', totpLastStep: 0 },
    ...{ createdAt: 0, lastSignedInAt: null, disabledAt: null },
  });
  await sessionStore(database).start({
    ...{ administratorId, cookieHmac: secrets.hmac('administrator-session', 'cookie') },
    ...{ stage: 'signedIn', startedAt: cloud.clock.now, lastSeenAt: cloud.clock.now },
  });
  const sealed = secrets.seal('package-key', 'agent-1', Buffer.from('a key'));
  const ticketMac = secrets.hmac('ticket', 'ticket');

  const prepared = await backedUp(cloud);
  const { voided } = await stopAndRestore(prepared);
  expect(voided).toEqual({ flows: 1, codes: 0, enrolmentTokens: 1, deviceCodes: 0, sessions: 1 });
  await start(prepared);
  expect((await browser.get('/reset/password')).status).toBe(410);
  expect(cloud.secrets.hmac('ticket', 'ticket')).not.toBe(ticketMac);
  const tokenHmac = cloud.secrets.hmac('enrolment-token', token.reveal());
  const shown = { tokenHmac, identityKey: 'key', agentId: newId(), now: cloud.clock.now };
  expect(await redeemToken(cloud.database, shown)).toEqual({ kind: 'refused', error: 'token_unknown' });
  expect(await cloud.database.selectFrom('administratorSession').selectAll().execute()).toEqual([]);
  expect(cloud.secrets.unseal('package-key', 'agent-1', sealed).toString()).toBe('a key');
  expect((await choose(await passGate(cloud), 'new Secret 1')).html).toContain('has been changed');
});

test('a code that was wanted when the backup was made is not mailed after the restore', async () => {
  await using cloud = await startTestCloud({ background: false });
  await newBrowser(cloud).post('/reset', { userId: ANNA_UPN });
  const prepared = await backedUp(cloud);
  expect((await stopAndRestore(prepared)).voided).toMatchObject({ flows: 1, codes: 1 });
  await start(prepared);
  expect(await cloud.database.selectFrom('emailCode').selectAll().execute()).toEqual([]);
});

test('an open request stays open for its agent to be asked; one too old to be remembered ends as unknown', async () => {
  await using cloud = await startTestCloud({ background: false });
  const { now } = cloud.clock;
  const [open, old] = [requestOf(cloud, now + 60_000), requestOf(cloud, now - 23 * HOUR)];
  for (const request of [open, old]) await grantRequest(cloud.database, request, { now: request.issued });
  const prepared = await backedUp(cloud);
  cloud.clock.now += 2 * 60_000;
  expect(await stopAndRestore(prepared)).toMatchObject({ openRequests: 1, unknownRequests: 1 });
  await start(prepared);
  expect(await unsettledOf(cloud.database, open.agentId)).toHaveLength(1);
  expect(await findGranted(cloud.database, open.id)).toMatchObject({ agentId: open.agentId });
  expect(await findOutcome(cloud.database, old.id)).toEqual({ kind: 'unknown' });
});

test('while the cloud runs nothing is touched', async () => {
  await using cloud = await startTestCloud({ background: false });
  const { deps } = await backedUp(cloud);
  await expect(restoreStore(deps)).rejects.toMatchObject({
    code: 'ERR_STORE_IN_USE',
    message: expect.stringMatching(/Stop it first.*Nothing was replaced\.$/),
  });
  const misspelt = restoreStore({ ...deps, from: `${deps.from}x` });
  await expect(misspelt, 'nobody stops a cloud for it').rejects.toThrow(/^There is no file .+ Nothing was/);
  expect(readdirSync(cloud.config.dataFolder).sort()).toEqual(['cloud.db', 'cloud.db-wal', 'control.sock']);
  for (const file of [deps.dataFolder, 'cloud.db', 'cloud.db-wal', 'control.sock'])
    expect(statSync(resolve(deps.dataFolder, file)).mode & 0o077, file).toBe(0);
  expect((await fetch(`${cloud.url}/healthz`)).status).toBe(200);
});

test('a store that is damaged is replaced too, with what lies beside it', async () => {
  await using cloud = await startTestCloud({ background: false });
  const prepared = await backedUp(cloud);
  await cloud.stop();
  writeFileSync(prepared.store, 'no database at all, whatever it was before '.repeat(100));
  writeFileSync(`${prepared.store}-shm`, 'left by a crash');
  const { formerStore } = await restoreStore(prepared.deps);
  expect(readFileSync(String(formerStore), 'utf8')).toContain('no database at all');
  expect(readFileSync(`${formerStore}-shm`, 'utf8')).toBe('left by a crash');
  expect(readdirSync(cloud.config.dataFolder)).toHaveLength(3);
  await start(prepared);
  expect(await cloud.database.selectFrom('person').select('id').execute()).toHaveLength(1);
});

test('what a restore that was cut off left behind is in the way of nothing', async () => {
  await using cloud = await startTestCloud({ background: false });
  const prepared = await backedUp(cloud);
  await cloud.stop();
  for (const suffix of ['', '-wal', '-journal'])
    writeFileSync(`${prepared.store}.restoring${suffix}`, 'half');
  await restoreStore(prepared.deps);
  expect(readdirSync(cloud.config.dataFolder)).toHaveLength(2);
  await start(prepared);
  expect(await cloud.database.selectFrom('person').select('id').execute()).toHaveLength(1);
});

test('on a machine that never had a store, there is none to keep', async () => {
  await using cloud = await startTestCloud({ background: false });
  const prepared = await backedUp(cloud);
  await cloud.stop();
  renameSync(cloud.config.dataFolder, `${cloud.config.dataFolder}-lost`);
  expect((await restoreStore(prepared.deps)).formerStore).toBeNull();
  expect(readdirSync(cloud.config.dataFolder)).toEqual(['cloud.db']);
  await start(prepared);
  expect(await cloud.database.selectFrom('person').select('id').execute()).toHaveLength(1);
});

const spoilt: [string, string, RegExp, (prepared: Prepared) => void][] = [
  [
    'no database',
    'ERR_BACKUP_UNREADABLE',
    /damaged or no store/,
    ({ backup }) => writeFileSync(backup, 'text '.repeat(500)),
  ],
  ['empty', 'ERR_BACKUP_UNREADABLE', /no store of Homeward/, ({ backup }) => truncateSync(backup, 0)],
  [
    'cut off',
    'ERR_BACKUP_UNREADABLE',
    /damaged/,
    ({ backup }) => truncateSync(backup, statSync(backup).size / 2),
  ],
  [
    'another program’s database',
    'ERR_BACKUP_UNREADABLE',
    /no store of Homeward/,
    ({ backup }) => {
      writeFileSync(backup, '');
      using other = new DatabaseSync(backup);
      other.exec('create table migration (id text); create table song (title text)');
    },
  ],
  [
    'not there',
    'ERR_BACKUP_UNREADABLE',
    /^There is no file .+backup\.db\. Name another one\. Nothing/,
    ({ backup }) => renameSync(backup, `${backup}-2`),
  ],
  [
    'of a newer version',
    'ERR_STORE_NEWER',
    /Install that version, then restore/,
    ({ backup }) => {
      using newer = new DatabaseSync(backup);
      newer.exec("insert into migration values ('9999-later', 'sum', 0)");
    },
  ],
  [
    'of another master key',
    'ERR_MASTER_KEY_WRONG',
    /Put the key of that time there first/,
    ({ deps }) => writeFileSync(deps.masterKeyFile, `${Buffer.alloc(32, 9).toString('base64url')}\n`),
  ],
  [
    'without its master key',
    'ERR_MASTER_KEY_UNREADABLE',
    /Put the copy of it back there first/,
    ({ deps }) => renameSync(deps.masterKeyFile, `${deps.masterKeyFile}-2`),
  ],
];

test.each(spoilt)(
  'a backup that is %s is refused, and the store stays',
  async (_what, code, words, spoil) => {
    await using cloud = await startTestCloud({ background: false });
    const prepared = await backedUp(cloud);
    await cloud.stop();
    const before = peopleIn(prepared.store);
    spoil(prepared);
    const refused = await restoreStore(prepared.deps).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code });
    expect((refused as Error).message).toMatch(words);
    expect((refused as Error).message).toMatch(/Nothing was replaced\.$/);
    expect(readdirSync(cloud.config.dataFolder)).toEqual(['cloud.db']);
    expect([before, peopleIn(prepared.store)]).toEqual([1, 1]);
  },
);
