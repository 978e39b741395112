/** No password in any log, database or relay frame; by a search that is shown to find what is there. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ENCODINGS, findCanary, newCanary } from '../canary/canary.ts';
import { searchFiles } from '../canary/search-files.ts';
import { websocketPayloads } from '../canary/websocket-payloads.ts';
import { type Homeward, PATIENT_PAGES, startHomeward } from '../demo/homeward.ts';
import { PlainBrowser, passGates, submitPassword } from '../demo/reset-over-http.ts';
import { provePasswordByKinit } from '../forest/kinit.ts';
import { type LabPerson, readLab } from '../lab-file.ts';
import { ownLabFile } from '../own-lab.ts';

let homeward: Homeward;
let folder: string;
let person: LabPerson;
let directoryLogs: string;
const canary = newCanary();
const WHERE_IT_COULD_BE = [
  'cloud.log',
  'agent.log',
  'cloud/cloud.db',
  'agent/journal.db',
  'agent/sync.db',
].concat(['cloud/cloud.db-wal', 'agent/journal.db-wal', 'agent/sync.db-wal']);
/** small letters and digits alone: refused by the directory as not complex */
const refused = { ...newCanary(), marked: newCanary().marked.toLowerCase() };
const recorded = new Map<string, Buffer[]>();

beforeAll(async () => {
  const lab = await readLab(ownLabFile());
  directoryLogs = join(lab.folder, 'corp/log');
  folder = mkdtempSync(join(tmpdir(), 'homeward-e2e-'));
  homeward = await startHomeward({ lab, folder, cloud: { ...PATIENT_PAGES, logLevel: 'trace' } });
  homeward.frontCable?.record((connection, direction, bytes) => {
    const key = `${connection} ${direction}`;
    recorded.set(key, [...(recorded.get(key) ?? []), bytes]);
  });
  await homeward.agent.stop();
  await homeward.startAgent();
  const people = homeward.forest.people.filter(({ kind }) => kind === 'ordinary');
  const found = people[Math.floor(people.length / 2)];
  if (found === undefined) throw new Error('the lab has nobody to reset');
  person = found;
  const browser = new PlainBrowser();
  const { url, mailbox } = homeward;
  await passGates(browser, { url, mailbox, userName: person.userPrincipalName, mail: person.mail });
  await submitPassword(browser, refused.marked);
  expect(browser.page.url).toContain('/reset/password');
  await submitPassword(browser, canary.password);
  expect(browser.heading).toBe('Your password has been changed');
});

afterAll(async () => {
  await homeward?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const streams = () => [...recorded].map(([key, chunks]) => ({ key, bytes: Buffer.concat(chunks) }));

function relayStreams(): Buffer[] {
  const relay = streams().filter(
    ({ key, bytes }) => key.endsWith(' in') && bytes.toString('latin1', 0, 16).startsWith('GET /relay'),
  );
  const connections = relay.map(({ key }) => key.split(' ')[0]);
  return streams().flatMap(({ key, bytes }) => (connections.includes(key.split(' ')[0]) ? [bytes] : []));
}

test('the canary holds in the directory, to the last character', async () => {
  expect(await provePasswordByKinit(homeward.forest, person.userPrincipalName, canary.password)).toBe(
    'accepted',
  );
});

test('no log and no database, with its write-ahead log, holds a password', () => {
  for (const one of [canary, refused]) {
    const { files, found } = searchFiles([folder, directoryLogs], one);
    expect(found).toEqual([]);
    const names = files.map((file) => file.slice(folder.length + 1));
    expect(names).toEqual(expect.arrayContaining(WHERE_IT_COULD_BE));
    expect(files.some((file) => file.startsWith(directoryLogs))).toBe(true);
  }
});

test('no relay frame holds a password', () => {
  const frames = relayStreams().flatMap(websocketPayloads);
  expect(frames.map(({ length }) => length)).toEqual(expect.arrayContaining([700, 400]));
  for (const one of [canary, refused]) {
    expect(frames.flatMap((frame) => findCanary(frame, one))).toEqual([]);
    expect(relayStreams().flatMap((bytes) => findCanary(bytes, one))).toEqual([]);
  }
});

test('the search would have found it: in the form that the browser sent, and planted in files', () => {
  const forms = streams().filter(({ bytes }) => findCanary(bytes, canary).includes('UTF-8'));
  expect(forms.length).toBeGreaterThan(0);
  const planted = mkdtempSync(join(tmpdir(), 'homeward-planted-'));
  const log = readFileSync(homeward.cloud.logFile);
  for (const [index, { encode }] of ENCODINGS.entries()) {
    writeFileSync(join(planted, `${index}.log`), Buffer.concat([log, encode(canary.password)]));
  }
  const { found } = searchFiles([planted], canary);
  rmSync(planted, { recursive: true });
  expect(found).toHaveLength(ENCODINGS.length);
});
