import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Directory, DirectoryIdentity } from '@homeward/active-directory';
import { provedByKinit } from '@homeward/active-directory/testing/kinit';
import {
  LabAdministrator,
  type LabForest,
  type LabPerson,
  labForests,
  openLabDirectory,
  quiet,
} from '@homeward/active-directory/testing/lab-forest';
import { Password } from '@homeward/protocol/password';
import { locateForWriteback, type Matching } from '@homeward/sync';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSyncStore } from './open-sync-store.ts';
import { runFullCycle } from './run-full-cycle.ts';
import { type ScimServer, startScimServer } from './scim-server.fixture.ts';
import { syncConfigurationOf } from './sync-configuration.ts';

type Site = { lab: LabAdministrator; forest: LabForest; directory: Directory; identity: DirectoryIdentity };

let sites: Site[];
let server: ScimServer;
let folder: string;
let store: ReturnType<typeof openSyncStore>;

beforeEach(async () => {
  sites = [];
  for (const forest of labForests().slice(0, 2)) {
    const directory = openLabDirectory(forest);
    const lab = await LabAdministrator.open(forest, 'Sync');
    sites.push({ forest, directory, lab, identity: await directory.identity() });
  }
  server = await startScimServer();
  folder = mkdtempSync(join(tmpdir(), 'homeward-lab-'));
  store = openSyncStore(folder);
});

afterEach(async () => {
  for (const { lab, directory } of sites) {
    directory.close();
    await lab.close();
  }
  store?.close();
  await server?.close();
  rmSync(folder, { recursive: true });
});

/** One cycle of each forest, limited to what this test made; deletions of everybody are confirmed. */
async function cycle(of: readonly Site[], matching: Matching = { by: 'identity' }): Promise<void> {
  const configuration = syncConfigurationOf(
    of.map(({ identity: { forestSid: sid, domain, netbiosName }, lab }) => ({
      sid,
      domain,
      netbiosName,
      include: [lab.ou],
    })),
    matching,
  );
  for (const { directory, identity } of of)
    await runFullCycle({
      directory,
      store,
      configuration,
      forest: identity.forestSid,
      cloud: {
        url: server.url,
        authorize: async () => ({ authorization: 'DPoP token' }),
        fetch: globalThis.fetch,
      },
      log: quiet,
      clock: { now: Date.now },
    });
}

function first(): Site {
  const [site] = sites;
  if (site === undefined) throw new Error('the lab has no forest');
  return site;
}

function cloudAnchorOf(person: LabPerson): string {
  const found = [...server.people].find(([, { userName }]) => userName === person.userPrincipalName);
  if (found === undefined) throw new Error(`${person.userPrincipalName} is not in the cloud`);
  return found[0];
}

/** Resets as the agent does, where the links lead, and proves the new password at the person's own forest. */
async function expectResetToLand(cloudAnchor: string, site: Site, person: LabPerson): Promise<void> {
  const place = locateForWriteback(store, cloudAnchor);
  expect(place).toMatchObject({
    kind: 'found',
    forest: site.identity.forestSid,
    objectGuid: person.objectGuid,
  });
  const password = `Fresh-${crypto.randomUUID()}`;
  const outcome = await site.directory.resetPassword(
    { objectGuid: person.objectGuid },
    Password.of(password),
    { mustChange: false, unlockToo: false, stillValid: () => true, onBeforeWrite: () => {} },
  );
  expect(outcome.kind).toBe('applied');
  expect(await provedByKinit(site.forest, person.userName, password)).toBe('accepted');
}

test('a person is provisioned, renamed, moved, disabled, enabled and deleted, and a reset follows each', async () => {
  const site = first();
  const { lab } = site;
  const stays = await lab.person();
  const person = await lab.person({ displayName: 'Before, "Quoted"', mail: 'before@example.com' });
  await cycle([site]);
  const cloudAnchor = cloudAnchorOf(person);
  expect(server.people.get(cloudAnchor)).toMatchObject({ displayName: 'Before, "Quoted"', active: true });
  await expectResetToLand(cloudAnchor, site, person);

  const { ou } = await lab.organizationalUnit('Sales, North + "East"');
  const dn = `CN=After\\, Renamed,${ou}`;
  await lab.client.modifyDN(person.dn, dn);
  await lab.replace(dn, { displayName: 'After' });
  await cycle([site]);
  expect(server.people.get(cloudAnchor)).toMatchObject({ displayName: 'After' });
  await expectResetToLand(cloudAnchor, site, person);

  await lab.replace(dn, { userAccountControl: '514' });
  await cycle([site]);
  expect(server.people.get(cloudAnchor)).toMatchObject({ active: false });
  expect(locateForWriteback(store, cloudAnchor)).toMatchObject({ missing: 'accountEnabledLink' });

  await lab.replace(dn, { userAccountControl: '512' });
  await cycle([site]);
  await expectResetToLand(cloudAnchor, site, person);

  await lab.client.del(dn);
  await cycle([site]);
  expect([...server.people.keys()]).toEqual([cloudAnchorOf(stays)]);
  expect(locateForWriteback(store, cloudAnchor)).toMatchObject({ missing: 'cloudObject' });
});

test('a person of two forests is one by mail; the enabled account takes the password, and two are refused', async () => {
  const [corp, other] = sites;
  if (corp === undefined || other === undefined) throw new Error('this test needs two forests');
  const mail = `${crypto.randomUUID()}@example.com`;
  const mailbox = await corp.lab.person({ mail });
  await corp.lab.replace(mailbox.dn, { userAccountControl: '514' });
  const account = await other.lab.person({ mail: mail.toUpperCase() });
  await cycle([corp, other], { by: 'mail' });
  expect(server.people.size).toBe(1);
  const cloudAnchor = cloudAnchorOf(account);
  await expectResetToLand(cloudAnchor, other, account);

  await corp.lab.replace(mailbox.dn, { userAccountControl: '512' });
  await cycle([corp, other], { by: 'mail' });
  expect(locateForWriteback(store, cloudAnchor)).toMatchObject({
    kind: 'ambiguous',
    because: 'twoEnabledAccounts',
    places: [{ forest: corp.identity.forestSid }, { forest: other.identity.forestSid }],
  });

  await corp.lab.replace(mailbox.dn, { mail: `other-${mail}` });
  await cycle([corp, other], { by: 'mail' });
  expect(server.people.size).toBe(2);
  await expectResetToLand(cloudAnchor, other, account);
  await expectResetToLand(cloudAnchorOf(mailbox), corp, mailbox);
});

test('mS-DS-ConsistencyGuid is the sourceAnchor if it is set, and two who share one are both refused', async () => {
  const site = first();
  const raw = crypto.getRandomValues(new Uint8Array(16));
  const [twin, other] = [await site.lab.person(), await site.lab.person()];
  for (const { dn } of [twin, other])
    await site.lab.replace(dn, { 'mS-DS-ConsistencyGuid': Buffer.from(raw) as never });
  await cycle([site]);
  expect(server.people.size).toBe(0);
  await site.lab.replace(other.dn, { 'mS-DS-ConsistencyGuid': [] });
  await cycle([site]);
  expect(server.people.get(cloudAnchorOf(twin))?.externalId).toBe(Buffer.from(raw).toString('base64'));
  expect(server.people.size).toBe(2);
  await expectResetToLand(cloudAnchorOf(twin), site, twin);
});
