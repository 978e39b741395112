/** Keys that roll over under a running agent, and a status that tells the truth, on a real forest. */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TenantStatus } from '../../packages/cloud/src/agents/status.ts';
import { type Homeward, PATIENT_PAGES, startHomeward } from '../demo/homeward.ts';
import { ManagedProcess } from '../demo/managed-process.ts';
import { PlainBrowser, passGates, submitPassword } from '../demo/reset-over-http.ts';
import { inventPassword } from '../forest/invent-password.ts';
import { provePasswordByKinit } from '../forest/kinit.ts';
import { setPassword } from '../forest/set-password.ts';
import { type LabPerson, readLab } from '../lab-file.ts';
import { ownLabFile } from '../own-lab.ts';

const CHECKOUT = resolve(import.meta.dirname, '../..');
const AGENT = ['--disable-warning=ExperimentalWarning', join(CHECKOUT, 'packages/agent/src/main.ts')];

let homeward: Homeward;
let folder: string;
let person: LabPerson;

beforeAll(async () => {
  const lab = await readLab(ownLabFile());
  folder = mkdtempSync(join(tmpdir(), 'homeward-e2e-'));
  homeward = await startHomeward({ lab, folder, cloud: PATIENT_PAGES });
  const [first] = homeward.forest.people.filter(({ kind }) => kind === 'ordinary').toReversed();
  if (first === undefined) throw new Error('the lab has nobody to reset');
  person = first;
  await setPassword(homeward.forest, person.userName, person.password);
});

afterAll(async () => {
  await homeward?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function run(args: string[]): Promise<{ exit: number | null; out: string }> {
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout) chunks.push(chunk as Buffer);
  if (child.exitCode === null && child.signalCode === null)
    await new Promise((ended) => child.once('exit', ended));
  return { exit: child.exitCode, out: Buffer.concat(chunks).toString('utf8') };
}

const cloud = (...command: string[]) =>
  run([homeward.cloudMain, '--config', join(folder, 'cloud.json'), ...command]);
const agent = (...command: string[]) => run([...AGENT, '--config', join(folder, 'agent.json'), ...command]);

async function status(): Promise<TenantStatus & { exit: number | null }> {
  const { exit, out } = await cloud('status', '--json');
  return { ...(JSON.parse(out) as TenantStatus), exit };
}

async function resetSucceeds(): Promise<void> {
  const browser = new PlainBrowser();
  const password = inventPassword();
  const { url, mailbox, forest } = homeward;
  await passGates(browser, { url, mailbox, userName: person.userPrincipalName, mail: person.mail });
  await submitPassword(browser, password);
  expect(browser.heading).toBe('Your password has been changed');
  expect(await provePasswordByKinit(forest, person.userPrincipalName, password)).toBe('accepted');
}

test('up and running is said after a probe that went to the directory, and not while its cable is out', async () => {
  // The second link comes two seconds after the first.
  await expect.poll(async () => (await status()).state, { timeout: 60_000 }).toBe('up');
  expect(await status()).toMatchObject({ exit: 0, forests: [{ link: 'up' }], agents: [{ links: 2 }] });
  homeward.directoryCable.close();
  expect(await status()).toMatchObject({ exit: 1, state: 'down', why: 'directoryUnreachable' });
  const text = (await cloud('status')).out;
  expect(text).toContain('Writeback is down: No domain controller answers');
  homeward.directoryCable.reopen();
  await expect.poll(async () => (await status()).state, { timeout: 60_000 }).toMatch(/^up/);
  await resetSucceeds();
});

test('keys roll over under the running agent, and a reset goes through before, between and after', async () => {
  await resetSucceeds();
  const rolled = await agent('keys', 'roll');
  expect(rolled).toMatchObject({ exit: 0, out: expect.stringContaining('Generation 2 is in use') as string });
  await resetSucceeds();
  const shown = JSON.parse((await agent('keys', 'show', '--json')).out) as object;
  expect(shown).toMatchObject({ current: 2, retiring: [1] });
  expect(await status()).toMatchObject({ exit: 0, agents: [{ keys: { generation: 2 } }] });
  await homeward.agent.stop();
  await homeward.startAgent();
  await resetSucceeds();
  const told = await agent('status');
  expect(told.out).toMatch(/Links +[12] of 2 open/);
  expect(told.out).toMatch(/Keys +generation 2/);
  expect(told.out).toMatch(/Recipient +.*\(this one\)/);
});

test('a second machine with a copy of the state folder is found, and an administrator decides', async () => {
  const file = join(folder, 'agent.json');
  const configuration = JSON.parse(readFileSync(file, 'utf8')) as { stateFolder: string };
  const original = resolve(folder, configuration.stateFolder);
  await homeward.agent.stop();
  cpSync(original, join(folder, 'copied-state'), { recursive: true });
  await homeward.startAgent();
  await expect.poll(async () => (await status()).state, { timeout: 60_000 }).toMatch(/^up/);
  const copyFile = join(folder, 'copied-agent.json');
  writeFileSync(copyFile, JSON.stringify({ ...configuration, stateFolder: 'copied-state' }));
  const copy = new ManagedProcess({
    name: 'the copy',
    args: [...AGENT, '--config', copyFile, 'run'],
    cwd: folder,
    logFile: join(folder, 'copy.log'),
  });
  copy.start();
  try {
    await expect.poll(async () => (await status()).why, { timeout: 60_000 }).toBe('cloned');
  } finally {
    await copy.kill();
  }
  const [shutOut] = (await status()).agents;
  expect((await cloud('agent', 'reinstate', shutOut?.id ?? '')).exit).toBe(0);
  await expect.poll(async () => (await status()).state, { timeout: 90_000, interval: 2_000 }).toMatch(/^up/);
  await resetSucceeds();
});

test('an agent that was stopped is named as not connected', async () => {
  await homeward.agent.stop();
  // The process is gone; that its links are, the cloud learns a moment later.
  await expect.poll(async () => (await status()).why, { timeout: 60_000 }).toBe('agentOffline');
  expect(await status()).toMatchObject({ exit: 1, state: 'down', why: 'agentOffline' });
  await homeward.startAgent();
});
