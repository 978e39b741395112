/** The commands that a newcomer types first, run as they are typed. */
import { type ChildProcess, exec, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { portOpen } from '../demo/homeward.ts';
import { codeIn, PlainBrowser, submitPassword } from '../demo/reset-over-http.ts';
import { whatIsWrongWith } from '../forest/forest-answers.ts';
import { inventPassword } from '../forest/invent-password.ts';
import { provePasswordByKinit } from '../forest/kinit.ts';
import { setPassword } from '../forest/set-password.ts';
import { readLab } from '../lab-file.ts';
import { freePort } from '../network/free-port.ts';
import { ownLabFile } from '../own-lab.ts';

const DEMO = join(import.meta.dirname, '../demo/demo.ts');
const SMOKE = join(import.meta.dirname, '../demo/smoke.ts');
let child: ChildProcess | undefined;

// Asked first: killed, it would leave its cloud and its agent running.
afterEach(async () => {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGINT');
  const patience = setTimeout(() => child?.kill('SIGKILL'), 90_000);
  await ended;
  clearTimeout(patience);
});

async function run(program: string, variables: Record<string, string> = {}) {
  const { folder } = await readLab(ownLabFile());
  const { NAME: _, ...environment } = process.env;
  const started = spawn(process.execPath, [program], {
    env: { ...environment, HOMEWARD_LAB: folder, ...variables },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child = started;
  let out = '';
  started.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  const ended = once(started, 'close').then(([code]) => code as number | null);
  return { said: () => out, ended, interrupt: () => started.kill('SIGINT') };
}

async function codeFrom(mailbox: string, to: string, after: number): Promise<string> {
  const code = async () => {
    const response = await fetch(new URL(`/api/messages?to=${encodeURIComponent(to)}`, mailbox));
    const messages = (await response.json()) as { text: string; receivedAt: number }[];
    const newest = messages.find(({ receivedAt }) => receivedAt >= after);
    return newest === undefined ? '' : codeIn(newest.text);
  };
  await expect.poll(code, { timeout: 60_000 }).toMatch(/^\d{6}$/);
  return code();
}

test('make demo says where to open it, what it says works, and Ctrl-C leaves the forest alone', async () => {
  const before = await readLab(ownLabFile());
  const [port, mailboxPort] = [await freePort(), await freePort()];
  const demo = await run(DEMO, { PORT: String(port), MAILBOX_PORT: String(mailboxPort) });
  await expect.poll(demo.said, { timeout: 180_000 }).toContain('Ctrl-C stops the demo');
  const url = `http://localhost:${port}`;
  expect(demo.said()).toMatch(/Ready after \d+ s\./);
  expect(demo.said()).toContain(`1. Open       ${url}/reset`);
  expect(demo.said()).toContain('make demo NAME=reset.example.com');
  const userId = /2\. User ID +(\S+)/.exec(demo.said())?.[1] ?? '';

  const lab = await readLab(ownLabFile());
  expect(lab.cloud).toEqual({ url });
  const [forest] = lab.forests;
  const person = forest?.people.find((one) => one.userPrincipalName === userId);
  if (!forest || !person || !lab.mailbox) throw new Error('the demo names nobody of its forest');
  await setPassword(forest, person.userName, person.password);
  const browser = new PlainBrowser();
  await browser.open(`${url}/reset`);
  const asked = Date.now();
  await browser.submit({ userId });
  await browser.submit({ code: await codeFrom(lab.mailbox.url, person.mail, asked) });
  const password = inventPassword();
  await submitPassword(browser, password);
  expect(browser.heading).toBe('Your password has been changed');
  expect(await provePasswordByKinit(forest, userId, password)).toBe('accepted');
  await setPassword(forest, person.userName, person.password);
  const typed = (name: string) =>
    promisify(exec)(new RegExp(`The ${name} +(.+)$`, 'm').exec(demo.said())?.[1] ?? '');
  expect((await typed('agent')).stdout).toContain('The agent runs and every directory takes passwords.');
  expect((await typed('cloud')).stderr).toContain(`Next: sign in at ${url}/admin`);

  demo.interrupt();
  expect(await demo.ended).toBe(0);
  const after = await readLab(ownLabFile());
  expect(after).toEqual({ ...before, cloud: null, mailbox: null });
  expect(await portOpen(new URL(url))).toBe(false);
  expect(await portOpen(new URL(`http://127.0.0.1:${mailboxPort}`))).toBe(false);
  expect(await whatIsWrongWith(forest)).toBeUndefined();
}, 300_000);

test('make smoke ends with one line of JSON that proves the reset, and its exit code says the same', async () => {
  const smoke = await run(SMOKE);
  expect(await smoke.ended).toBe(0);
  expect(JSON.parse(smoke.said().trimEnd().split('\n').at(-1) ?? '')).toEqual({
    ok: true,
    user: expect.stringMatching(/@corp\.example\.com$/),
    newPasswordWorks: true,
    oldPasswordRefused: true,
    endToEndMs: expect.any(Number),
    // without script and with one agent the cloud seals for one recipient
    wireBytes: { request: 700, reply: 400 },
  });
}, 300_000);
