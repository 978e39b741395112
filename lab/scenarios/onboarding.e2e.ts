/**
 * A second machine becomes an agent as administrators would do it: a code in its terminal, approved in a real browser,
 * admitted by the first agent; then it serves alone, and goes again with its keys.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Secret, TOTP } from 'otpauth';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Homeward, PATIENT_PAGES, startHomeward } from '../demo/homeward.ts';
import { ManagedProcess } from '../demo/managed-process.ts';
import { PlainBrowser, passGates, submitPassword } from '../demo/reset-over-http.ts';
import { inventPassword } from '../forest/invent-password.ts';
import { provePasswordByKinit } from '../forest/kinit.ts';
import { setPassword } from '../forest/set-password.ts';
import { readLab } from '../lab-file.ts';
import { ownLabFile } from '../own-lab.ts';
import { keepScreenshot, openChromium, openContext } from './chromium.ts';

const CHECKOUT = resolve(import.meta.dirname, '../..');
const AGENT = ['--disable-warning=ExperimentalWarning', join(CHECKOUT, 'packages/agent/src/main.ts')];
const PASSWORD = 'a plain long password';

const run = promisify(execFile);

let homeward: Homeward;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'homeward-e2e-'));
  homeward = await startHomeward({ lab: await readLab(ownLabFile()), folder, cloud: PATIENT_PAGES });
});

afterAll(async () => {
  await homeward?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function makeAdministrator(): Promise<{ first: () => string; second: () => string }> {
  const passwordFile = join(folder, 'admin.password');
  writeFileSync(passwordFile, PASSWORD, { mode: 0o600 });
  const named = ['--user-name', 'admin-anna', '--password-file', passwordFile, '--json'];
  const config = ['--config', join(folder, 'cloud.json')];
  const { stdout } = await run(process.execPath, [
    homeward.cloudMain,
    ...config,
    'admin',
    'create',
    ...named,
  ]);
  const { otpauthUri } = JSON.parse(stdout) as { otpauthUri: string };
  const seed = new URL(otpauthUri).searchParams.get('secret') ?? '';
  const totp = new TOTP({ secret: Secret.fromBase32(seed) });
  // Each code is good once and in the time before and after its own. The second is the next one, so that neither is
  // used already or out of date when half a minute goes round in between.
  return {
    first: () => totp.generate(),
    second: () => totp.generate({ timestamp: Date.now() + 30_000 }),
  };
}

/** A machine beside the first: its own name, state and process. */
function secondMachine() {
  const first = JSON.parse(readFileSync(join(folder, 'agent.json'), 'utf8')) as object;
  const config = join(folder, 'agent-2.json');
  writeFileSync(config, JSON.stringify({ ...first, name: 'agent-2', stateFolder: 'agent-2' }));
  const command = (...words: string[]) => [...AGENT, '--config', config, ...words];
  const prepare = (name: string, ...words: string[]) =>
    new ManagedProcess({ name, args: command(...words), cwd: folder, logFile: join(folder, `${name}.log`) });
  return { prepare, run: (...words: string[]) => run(process.execPath, command(...words), { cwd: folder }) };
}

async function fill(page: Page, fields: Record<string, string>): Promise<void> {
  for (const [name, value] of Object.entries(fields)) await page.locator(`input[name=${name}]`).fill(value);
  const [first] = Object.keys(fields);
  await page.locator(`form:has(input[name=${first}]) button:not([form])`).click();
}

test('a second machine is approved, admitted, serves alone, and goes with its keys', async () => {
  const { url, forest, mailbox } = homeward;
  const codes = await makeAdministrator();
  const second = secondMachine();
  const enabling = second.prepare('enabling', 'writeback', 'enable', '--cloud', url);
  enabling.start();
  await enabling.until(() => /code +[A-Z]{4}-[A-Z]{4}/.test(enabling.log), 60_000);
  const code = /code +([A-Z]{4}-[A-Z]{4})/.exec(enabling.log)?.[1] ?? '';
  const fingerprint = /fingerprint +([0-9a-f-]{29})/.exec(enabling.log)?.[1] ?? '';

  const chromium = await openChromium();
  const running = second.prepare('agent-2', 'run');
  try {
    const page = await (await openContext(chromium, { width: 'desk' })).newPage();
    await page.goto(`${url}/admin`);
    await fill(page, { userName: 'admin-anna', password: PASSWORD });
    await fill(page, { code: codes.first() });
    await page.getByRole('link', { name: 'Approve a machine by its code' }).click();
    await fill(page, { userCode: code });
    await page.locator('main', { hasText: 'An agent serves there already.' }).waitFor();
    const ending = fingerprint.replaceAll('-', '').slice(-6);
    await fill(page, { ending, password: PASSWORD, code: codes.second() });
    await page.locator('[role=status]', { hasText: 'Approved.' }).waitFor();

    await enabling.until(() => enabling.log.includes('waits to be admitted'), 60_000);
    running.start();
    await running.until(() => running.log.includes('waits to be admitted'), 60_000);
    const firstAgent = [...AGENT, '--config', join(folder, 'agent.json')];
    const admitted = await run(process.execPath, [...firstAgent, 'admit', fingerprint], { cwd: folder });
    expect(admitted.stdout).toContain('agent-2 is admitted');
    await running.until(() => running.log.includes('connected to the relay'), 90_000);
    expect(running.log, 'who waits states no keys').not.toContain('rolled over');
    await running.until(() => running.log.includes('people are in step with the directory'), 60_000);
    await page.goto(`${url}/admin`);
    expect(await page.locator('.state.connected').count()).toBe(2);
    await keepScreenshot(page, 'onboarding-two-agents');

    await homeward.agent.stop();
    const [person] = forest.people.filter(({ kind }) => kind === 'ordinary');
    if (person === undefined) throw new Error('the lab has nobody to reset');
    await setPassword(forest, person.userName, person.password);
    const password = inventPassword();
    const browser = new PlainBrowser();
    await passGates(browser, { url, mailbox, userName: person.userPrincipalName, mail: person.mail });
    await submitPassword(browser, password);
    expect(browser.heading).toBe('Your password has been changed');
    expect(await provePasswordByKinit(forest, person.userPrincipalName, password)).toBe('accepted');

    const { stdout } = await second.run('writeback', 'disable');
    expect(stdout).toContain('its keys are destroyed');
    expect(stdout).toContain('The agent that ran here has ended.');
    expect(running.log).toContain('this machine is no agent any more: the running agent stops');
    await page.goto(`${url}/admin`);
    expect(await page.locator('.state.revoked').count()).toBe(1);
    await running.stop();
    expect(readdirSync(join(folder, 'agent-2'))).not.toContain('keys');
    await expect(second.run('run')).rejects.toThrow('no enrolment');
  } finally {
    await running.stop();
    await enabling.stop();
    await chromium.close();
  }
});
