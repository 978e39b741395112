/**
 * What somebody gets who takes everything of the cloud: its traffic, its database and master key, its memory. By a
 * search that is shown to find what is there.
 */
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openMasterKey } from '../../packages/cloud/src/secrets/master-key.ts';
import { deriveSecrets } from '../../packages/cloud/src/secrets/secrets.ts';
import { findCanary, newCanary } from '../canary/canary.ts';
import { type CapturedRequest, capturedRequests } from '../canary/captured-requests.ts';
import { dumpCore } from '../canary/core-dump.ts';
import {
  contentKeyOf,
  findKeys,
  type KnownKey,
  passwordKeysOf,
  triedAsContentKeys,
} from '../canary/opening-keys.ts';
import { readMemory } from '../canary/process-memory.ts';
import { RecordedStreams } from '../canary/recorded-streams.ts';
import { untilLogged } from '../chaos/log-tail.ts';
import { type Homeward, PATIENT_PAGES, startHomeward } from '../demo/homeward.ts';
import { PlainBrowser, passGates, submitPassword } from '../demo/reset-over-http.ts';
import { type LabPerson, readLab } from '../lab-file.ts';
import { ownLabFile } from '../own-lab.ts';

let homeward: Homeward;
let folder: string;
let recorded: RecordedStreams;
const typed = newCanary();
/** sealed by the page's script, and by nobody else */
const sealed = [newCanary(), newCanary(), newCanary()];
/** what opens sealed passwords, from the agent's own folder */
let agentKeys: ReturnType<typeof passwordKeysOf>;
let packageKey: KnownKey;
let tenantId: string;

beforeAll(async () => {
  const lab = await readLab(ownLabFile());
  folder = mkdtempSync(join(tmpdir(), 'homeward-e2e-'));
  // Pages wait for as long as the memory of the cloud takes to be read.
  homeward = await startHomeward({ lab, folder, cloud: PATIENT_PAGES });
  const { frontCable } = homeward;
  if (frontCable === undefined) throw new Error('there is no cable to record');
  recorded = new RecordedStreams(frontCable);
  await homeward.agent.stop();
  await homeward.startAgent();
  await resetWithoutScript(ordinary()[3], typed.password);
  agentKeys = passwordKeysOf(join(folder, 'agent'));
  ({ packageKey, tenantId } = await fromDatabase());
});

afterAll(async () => {
  await homeward?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function atPassword(person: LabPerson | undefined): Promise<PlainBrowser> {
  if (person === undefined) throw new Error('the lab has nobody to reset');
  const browser = new PlainBrowser();
  const { url, mailbox } = homeward;
  await passGates(browser, { url, mailbox, userName: person.userPrincipalName, mail: person.mail });
  return browser;
}

async function resetWithoutScript(person: LabPerson | undefined, password: string): Promise<void> {
  const browser = await atPassword(person);
  await submitPassword(browser, password);
  expect(browser.heading).toBe('Your password has been changed');
}

/** As a thief of the database and the master key would: from a copy, with the cloud's own code. */
async function fromDatabase() {
  const { key } = await openMasterKey(join(folder, 'cloud-master.key'));
  const copy = mkdtempSync(join(tmpdir(), 'homeward-copy-'));
  try {
    for (const name of ['cloud.db', 'cloud.db-wal'])
      copyFileSync(join(folder, 'cloud', name), join(copy, name));
    using database = new DatabaseSync(join(copy, 'cloud.db'));
    const agent = database.prepare('select id, tenant_id, package_key_sealed from agent').get() ?? {};
    const sealed = String(agent['package_key_sealed']);
    const bytes = deriveSecrets(key).unseal('package-key', String(agent['id']), sealed);
    return {
      tenantId: String(agent['tenant_id']),
      packageKey: { name: 'the package key', bytes: Buffer.from(bytes) },
    };
  } finally {
    rmSync(copy, { recursive: true });
  }
}

/** The memory as it is now, however long the dump takes: the process goes on once it was written. */
async function dumpStopped(pid: number, onceStopped: () => void): Promise<Buffer> {
  process.kill(pid, 'SIGSTOP');
  try {
    onceStopped();
    return await dumpCore(pid);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

const ordinary = () => homeward.forest.people.filter(({ kind }) => kind === 'ordinary');
/** Everything that went over the relay so far. */
const captured = () => capturedRequests(recorded.relayPayloads, tenantId, new Uint8Array(packageKey.bytes));
const nobodys = { inner: Buffer.alloc(0), associatedData: new Uint8Array(0) };
const everyPart = () => agentKeys.flatMap(({ parts }) => parts);
const contentKey = ({ requestId, inner }: CapturedRequest): KnownKey => ({
  name: `the content key of ${requestId}`,
  bytes: contentKeyOf(inner, agentKeys),
});

test('the traffic with the database and the master key tells who, when and what, and opens no password', async () => {
  const requests = await captured();
  expect(requests.length).toBeGreaterThan(0);
  const files = readdirSync(join(folder, 'cloud')).map((name) => join(folder, 'cloud', name));
  const stolen = [...files, join(folder, 'cloud-master.key')].flatMap((file) =>
    file.endsWith('.sock') ? [] : [readFileSync(file)],
  );
  const opening = [...everyPart(), ...requests.map(contentKey)];
  const [{ inner, associatedData } = nobodys] = requests;
  for (const bytes of stolen) {
    expect(findKeys(bytes, opening)).toEqual([]);
    expect(triedAsContentKeys(bytes, inner, associatedData)).toBe(0);
  }
});

test('the same envelopes open with the key that only the agent has', async () => {
  for (const { inner, associatedData } of await captured()) {
    const key = contentKeyOf(inner, agentKeys);
    expect(triedAsContentKeys(key, inner, associatedData)).toBe(1);
  }
});

test("passwords that a browser sealed are not in the cloud's memory while they are reset, nor is what opens them", async () => {
  const { cloud, directoryCable } = homeward;
  const earlier = new Set((await captured()).map(({ requestId }) => requestId));
  const browsers = await Promise.all(sealed.map((_, index) => atPassword(ordinary()[5 + index])));
  // Nothing is answered: all of them are on their way while the memory is read.
  directoryCable.freeze();
  const granted = untilLogged(cloud.logFile, 'request sent to the agent', sealed.length);
  const resets = browsers.map((browser, index) => browser.submitSealed(sealed[index]?.password ?? ''));
  await granted;
  const memory = await dumpStopped(cloud.pid ?? 0, () => directoryCable.reopen());
  await Promise.all(resets);
  for (const { heading } of browsers) expect(heading).toBe('Your password has been changed');
  const requests = (await captured()).filter(({ requestId }) => !earlier.has(requestId));
  expect(requests).toHaveLength(sealed.length);
  for (const canary of sealed) expect(findCanary(memory, canary)).toEqual([]);
  expect(findKeys(memory, [...everyPart(), ...requests.map(contentKey)])).toEqual([]);
  expect(findKeys(memory, [packageKey])).toEqual(['the package key']);
});

test("a password that was typed without script is in the cloud's memory: the search finds it, and no private key", async () => {
  const { pid = 0 } = homeward.cloud;
  const canary = newCanary();
  await resetWithoutScript(ordinary()[4], canary.password);
  const memory = await dumpCore(pid);
  expect(findKeys(memory, [packageKey])).toEqual(['the package key']);
  expect(findCanary(memory, canary)).not.toEqual([]);
  expect(findKeys(memory, everyPart())).toEqual([]);
});

test("a password and the private key are in the agent's memory: the search finds both", async () => {
  const { pid = 0 } = homeward.agent;
  const canary = newCanary();
  await resetWithoutScript(ordinary()[8], canary.password);
  const memory = readMemory(pid);
  expect(findCanary(memory, canary)).not.toEqual([]);
  expect(findKeys(memory, everyPart())).toContain('RSA p of generation 1');
});
