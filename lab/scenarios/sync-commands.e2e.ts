/** The agent's commands for synchronisation, against a real cloud: what it takes is what it shows. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { LabAdministrator } from '@homeward/active-directory/testing/lab-forest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Homeward, PATIENT_PAGES, startHomeward } from '../demo/homeward.ts';
import { PlainBrowser, passGates, submitPassword } from '../demo/reset-over-http.ts';
import { inventPassword } from '../forest/invent-password.ts';
import { provePasswordByKinit } from '../forest/kinit.ts';
import { readLab } from '../lab-file.ts';
import { ownLabFile } from '../own-lab.ts';

const AGENT_MAIN = resolve(import.meta.dirname, '../../packages/agent/src/main.ts');

let homeward: Homeward;
let folder: string;
let lab: LabAdministrator;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'homeward-e2e-'));
  homeward = await startHomeward({ lab: await readLab(ownLabFile()), folder, cloud: PATIENT_PAGES });
  lab = await LabAdministrator.open(homeward.forest, 'Commands');
});
afterAll(async () => {
  await lab?.close();
  await homeward?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function agent(...command: string[]): Promise<{ code: number | null; output: string }> {
  const args = ['--disable-warning=ExperimentalWarning', AGENT_MAIN, '--config', join(folder, 'agent.json')];
  return new Promise((done, reject) => {
    const child = spawn(process.execPath, [...args, ...command], { stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (bytes: Buffer) => chunks.push(bytes));
    child.stderr.on('data', (bytes: Buffer) => chunks.push(bytes));
    child.on('error', reject);
    child.on('close', (code) => done({ code, output: Buffer.concat(chunks).toString() }));
  });
}

const NOTHING = { created: 0, updated: 0, deleted: 0, refused: 0 };

test('a full run of the running agent finds in the cloud just what it had exported', async () => {
  expect(homeward.agent.log).toContain('"synchronised"');
  const { code, output } = await agent('sync', 'run', '--full', '--json');
  expect(code, output).toBe(0);
  expect(JSON.parse(output)).toMatchObject({
    isWell: true,
    by: 'agent',
    runs: [{ domain: 'corp.example.com', mode: 'full', added: 0, changed: 0, exported: NOTHING }],
  });
  expect(homeward.agent.log).not.toContain('something else than was exported');
});

test('somebody new resets their password right after a run, and explain says where it went', async () => {
  const mail = `new.${Date.now()}@example.com`;
  const person = await lab.person({ mail, displayName: 'Una West' });
  const member = [person.dn];
  const group = `CN=Commands ${Date.now()},${lab.ou}`;
  await lab.client.add(group, { objectClass: 'group', sAMAccountName: `c${Date.now()}`, member });
  const { output } = await agent('sync', 'run', '--json');
  expect(JSON.parse(output)).toMatchObject({
    by: 'agent',
    runs: [{ mode: 'delta', exported: { refused: 0 } }],
  });
  const browser = new PlainBrowser();
  const { url, mailbox, forest } = homeward;
  await passGates(browser, { url, mailbox, userName: person.userPrincipalName, mail });
  const password = inventPassword();
  await submitPassword(browser, password);
  expect(browser.heading).toBe('Your password has been changed');
  expect(await provePasswordByKinit(forest, person.userPrincipalName, password)).toBe('accepted');
  const explained = await agent('sync', 'explain', mail);
  expect(explained.code).toBe(0);
  expect(explained.output).toContain(`Password: would be written to ${person.dn} in corp.example.com.`);
  const held = await agent('sync', 'confirm-deletions');
  expect(held).toEqual({ code: 0, output: 'No deletions are held.\n' });
});

test('without an agent the command synchronises itself, and the next agent goes on from there', async () => {
  await homeward.agent.stop();
  const person = await lab.person({ displayName: 'Duo East' });
  const { output } = await agent('sync', 'run', '--json');
  expect(JSON.parse(output)).toMatchObject({
    by: 'command',
    runs: [{ mode: 'delta', exported: { created: 1 } }],
  });
  expect((await agent('sync', 'explain', person.userName)).output).toContain('cloudAnchor');
  await homeward.startAgent();
  const after = await agent('sync', 'run', '--json');
  expect(JSON.parse(after.output)).toMatchObject({
    by: 'agent',
    runs: [{ mode: 'delta', exported: NOTHING }],
  });
});
