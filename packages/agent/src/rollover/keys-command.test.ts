import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeKeys } from '../keys/key-store.ts';
import { fakeTerminal } from '../permissions/directory.fixture.ts';
import { openJournal } from '../writeback/journal.ts';
import { rollKeys, showKeys } from './keys-command.ts';
import { rolloverRequestedAt, writeRolloverFacts } from './rollover-files.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const DAY = 86_400_000;

let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'homeward-keys-command-'));
  await makeKeys(folder, 1, NOW - 100 * DAY);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const config = () => ({ stateFolder: folder, keyLifetimeDays: 180 });

async function show(json = false): Promise<string> {
  const terminal = fakeTerminal();
  await showKeys(
    config(),
    { json },
    { terminal, command: 'homeward-agent', clock: { now: () => NOW }, sleep },
  );
  return terminal.text();
}

const sleep = async () => {};

async function roll(meanwhile: () => void | Promise<void> = sleep) {
  const terminal = fakeTerminal();
  const deps = {
    terminal,
    command: 'homeward-agent',
    clock: { now: () => NOW },
    sleep: async () => meanwhile(),
  };
  return { exit: await rollKeys(config(), deps), text: terminal.text() };
}

test('generations are shown with age, state and the next rollover', async () => {
  expect(await show()).toMatch(/Generation 1 +in use, made 100 days ago/);
  expect(await show()).toMatch(/Next rollover +2027-02-09/);
  expect(await show()).toMatch(/Fingerprint +([0-9a-f]{4}-){5}[0-9a-f]{4}/);
  await makeKeys(folder, 2, NOW - 3_600_000);
  expect(await show()).toMatch(/Generation 2 +made, and not known to the cloud yet/);
  writeRolloverFacts(folder, { current: 2, retiring: [{ number: 1, mayGoAfter: NOW }] });
  expect(await show()).toMatch(
    /Generation 1 +being retired.*\n(.*\n)?.*Generation 2 +in use, made 1 hour ago/,
  );
  expect(JSON.parse(await show(true))).toMatchObject({ current: 2, retiring: [1], isRequested: false });
});

test('what keeps a rollover back is told', async () => {
  writeRolloverFacts(folder, {
    current: 1,
    retiring: [],
    problem: 'https://reset.example.com does not answer',
  });
  expect(await show()).toMatch(/Problem +https:\/\/reset.example.com does not answer/);
});

test('a rollover needs an enrolment, and waits for an agent that does not run', async () => {
  await expect(roll()).rejects.toMatchObject({ code: 'ERR_NOT_ENROLLED' });
  writeFileSync(join(folder, 'enrolment.json'), '{}');
  const { exit, text } = await roll();
  expect(exit).toBe(1);
  expect(text).toContain('as soon as it is started');
  expect(rolloverRequestedAt(folder)).toBe(NOW);
  expect(await show()).toMatch(/Next rollover +was asked for/);
});

test('the command ends when the running agent uses the new keys, or says that it goes on', async () => {
  writeFileSync(join(folder, 'enrolment.json'), '{}');
  const journal = openJournal(folder, () => NOW);
  try {
    const done = await roll(async () => {
      await makeKeys(folder, 2, NOW).catch(() => {});
      writeRolloverFacts(folder, { current: 2, retiring: [{ number: 1, mayGoAfter: NOW }] });
    });
    expect(done).toMatchObject({
      exit: 0,
      text: expect.stringContaining('Generation 2 is in use') as string,
    });
    const slow = await roll();
    expect(slow).toMatchObject({ exit: 1, text: expect.stringContaining('It goes on') as string });
  } finally {
    journal.close();
  }
});
