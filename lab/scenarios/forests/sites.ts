/** Several live forests, one agent's engine, store and directories, and what comes of a reset after each change. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Directory, type DirectoryIdentity, openDirectory } from '@homeward/active-directory';
import { provedByKinit } from '@homeward/active-directory/testing/kinit';
import { LabAdministrator, type LabPerson, quiet } from '@homeward/active-directory/testing/lab-forest';
import { Password } from '@homeward/protocol/password';
import { Secret } from '@homeward/protocol/secret';
import type { Matching } from '@homeward/sync';
import { expect } from 'vitest';
import { type ForestRun, openSyncRunner } from '../../../packages/agent/src/sync/open-sync-runner.ts';
import { openLinkReader } from '../../../packages/agent/src/sync/open-sync-store.ts';
import { type ScimServer, startScimServer } from '../../../packages/agent/src/sync/scim-server.fixture.ts';
import { syncSettings } from '../../../packages/agent/src/sync/sync-settings.ts';
import { syncOrderOf } from '../../../packages/agent/src/sync/sync-work.ts';
import { locateUser } from '../../../packages/agent/src/writeback/locate-user.ts';
import type { LabForest } from '../../lab-file.ts';

export type Site = {
  forest: LabForest;
  lab: LabAdministrator;
  directory: Directory;
  identity: DirectoryIdentity;
};

export async function openSite(forest: LabForest): Promise<Site> {
  // Forests are many here, and the machine is busy with other tests: what is asked once may wait.
  const timeouts = { dns: 10_000, connect: 20_000, bind: 20_000, read: 20_000, write: 30_000, queue: 30_000 };
  const settings = { ...settingsOf(forest), timeouts };
  const directory = openDirectory(settings, { clock: { now: Date.now }, log: quiet });
  const lab = await LabAdministrator.open(forest, 'Forests');
  return { forest, lab, directory, identity: await directory.identity() };
}

export async function closeSite({ lab, directory }: Site): Promise<void> {
  directory.close();
  await lab.close();
}

export type Company = {
  server: ScimServer;
  /** One cycle of each forest; twice where people are matched and a forest is read for the first time. */
  cycle: (options?: { full?: boolean }) => Promise<ForestRun[]>;
  /** cloudAnchor of the person, by the sourceAnchor that they have or the sign-in name */
  cloudAnchorOf: (person: LabPerson) => string;
  locate: (cloudAnchor: string) => ReturnType<typeof locateUser>;
  close: () => Promise<void>;
};

/** An agent's synchronisation of these sites, below what each test makes there, with a state folder of its own. */
export async function openCompany(sites: readonly Site[], matching: Matching): Promise<Company> {
  const server = await startScimServer();
  const stateFolder = mkdtempSync(join(tmpdir(), 'homeward-forests-'));
  const order = syncOrderOf({
    stateFolder,
    cloudUrl: server.url,
    settings: syncSettings.parse({ matching }),
    forests: sites.map(({ forest, lab, identity: { forestSid: sid, domain, netbiosName } }) => ({
      enrolled: { sid, domain, netbiosName },
      include: [lab.ou],
      directory: settingsOf(forest),
    })),
  });
  const runner = openSyncRunner({
    order,
    cloud: {
      url: server.url,
      authorize: async () => ({ authorization: 'DPoP token' }),
      fetch: globalThis.fetch,
    },
    log: quiet,
    clock: { now: Date.now },
  });
  const reader = openLinkReader(stateFolder);
  return {
    server,
    async cycle(options = {}) {
      const once = () => Promise.all(runner.forests.map((forest) => runner.run(forest, options)));
      const runs = await once();
      return runs.some(({ waitingFor }) => waitingFor.length > 0) ? once() : runs;
    },
    cloudAnchorOf({ userPrincipalName }) {
      const found = [...server.people].find(([, { userName }]) => userName === userPrincipalName);
      if (found === undefined) throw new Error(`${userPrincipalName} is not in the cloud`);
      return found[0];
    },
    locate: (cloudAnchor) => reader.snapshot(() => locateUser(reader, cloudAnchor)),
    async close() {
      reader.close();
      runner.close();
      await server.close();
      rmSync(stateFolder, { recursive: true });
    },
  };
}

/** Resets as the agent does, where the links lead, and proves the new password at the person's own forest. */
export async function expectResetToLand(
  company: Company,
  cloudAnchor: string,
  site: Site,
  person: LabPerson,
): Promise<void> {
  const { identity, directory, forest } = site;
  expect(company.locate(cloudAnchor)).toEqual({
    kind: 'found',
    forest: identity.forestSid,
    objectGuid: person.objectGuid,
  });
  const password = `Fresh-${crypto.randomUUID()}`;
  const outcome = await directory.resetPassword({ objectGuid: person.objectGuid }, Password.of(password), {
    mustChange: false,
    unlockToo: false,
    stillValid: () => true,
    onBeforeWrite: () => {},
  });
  expect(outcome.kind).toBe('applied');
  expect(await provedByKinit(forest, person.userName, password)).toBe('accepted');
}

function settingsOf({ domain, dnsServer, caFile, agentAccount }: LabForest) {
  const { userPrincipalName, password } = agentAccount;
  return {
    domain,
    dnsServers: [dnsServer],
    ca: readFileSync(caFile, 'utf8'),
    account: { userPrincipalName, password: new Secret(password) },
  };
}
