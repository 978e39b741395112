import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EVENTS, type EventId } from '@homeward/protocol/event';
import { newId } from '@homeward/protocol/id';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fakeTerminal } from '../permissions/directory.fixture.ts';
import { openEventFile } from './event-file.ts';
import type { EventRecord } from './event-record.ts';
import { type EventsOptions, printEvents } from './events-command.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const HOUR = 3_600_000;
const person = newId();

let stateFolder: string;
beforeEach(() => {
  stateFolder = mkdtempSync(join(tmpdir(), 'homeward-events-'));
});
afterEach(() => rmSync(stateFolder, { recursive: true }));

function append(event: EventId, ago: number, more: Partial<EventRecord> = {}): void {
  openEventFile(stateFolder).append({
    id: newId(),
    time: new Date(NOW - ago).toISOString(),
    ...{ event, level: 'info', message: 'answered: applied', ...more },
  });
}

async function run(options: EventsOptions = {}, signal = AbortSignal.abort()) {
  const terminal = fakeTerminal();
  await printEvents({ stateFolder }, options, { terminal, clock: { now: () => NOW }, signal, every: 5 });
  return terminal.text();
}

test('an event is told with its words, and what it was about', async () => {
  append(EVENTS.resetSucceeded, HOUR, {
    ...{ person, operation: 'reset', outcome: 'applied', controller: 'dc1.corp.example.com' },
    ...{ versionBefore: 7, versionAfter: 8 },
  });
  const text = await run();
  expect(text).toContain('2026-11-21 11:00:00 info  31002 Password reset');
  expect(text.replaceAll(/\s+/g, ' ')).toContain(
    `answered: applied person ${person}, operation reset, outcome applied, controller dc1.corp.example.com, version 7 → 8`,
  );
});

test('a fault that the message ends with is not said twice', async () => {
  const fault = `https://reset.example.com does not take this: ${'it waits to be admitted, '.repeat(20)}`;
  const message = `keys could not be rolled over: ${fault}`;
  append(EVENTS.cryptoError, HOUR, { message: message.slice(0, 300), fault: fault.slice(0, 300) });
  append(EVENTS.directoryUnknownError, HOUR, { message: 'no answer', fault: 'connectionEnded' });
  const text = (await run()).replaceAll(/\s+/g, ' ');
  expect(text.match(/does not take this/g)).toHaveLength(1);
  expect(text).toContain('no answer: connectionEnded');
});

test('events are chosen by time, level and id; a day is looked back by default', async () => {
  append(EVENTS.serviceStarted, 30 * HOUR);
  append(EVENTS.resetSucceeded, 2 * HOUR);
  append(EVENTS.relayLinkDown, HOUR, { level: 'warn' });
  append(EVENTS.relayError, 0, { level: 'error' });
  const ids = async (options: EventsOptions) =>
    (await run({ ...options, json: true }))
      .split('\n')
      .filter(Boolean)
      .map((line) => (JSON.parse(line) as EventRecord).event);
  expect(await ids({})).toEqual([31002, 31044, 32002]);
  expect(await ids({ since: '2d' })).toEqual([31015, 31002, 31044, 32002]);
  expect(await ids({ since: '2026-11-21T10:30:00Z' })).toEqual([31044, 32002]);
  expect(await ids({ level: 'warn' })).toEqual([31044, 32002]);
  expect(await ids({ event: '31002, 32002' })).toEqual([31002, 32002]);
  expect(await run({ event: '31014' })).toContain('No such event in the last day');
});

test('what comes of itself is left out, unless it is asked for', async () => {
  append(EVENTS.heartbeat, HOUR, { message: 'heartbeat' });
  expect(await run()).toContain('--all shows signs of life, too.');
  append(EVENTS.credentialObtained, HOUR, { message: 'the cloud gave a credential' });
  append(EVENTS.serviceStarted, 0, { message: 'the agent is running' });
  const started = 'Times are in UTC.\n2026-11-21 12:00:00 info  31015 Agent started';
  expect(await run(), 'a heading that says it all stands alone').toBe(started);
  expect(await run({ all: true })).toContain('31019 Sign of life\n');
  expect(await run({ event: '31019' })).toContain('31019 Sign of life');
  expect((await run({ json: true })).split('\n')).toHaveLength(3);
});

test('all that is wrong with the options is told at once', async () => {
  await expect(run({ since: 'lately', level: 'loud', event: '7' })).rejects.toMatchObject({
    code: 'ERR_CONFIG_INVALID',
    message: expect.stringMatching(/--since: .*\n--level: .*\n--event: /),
  });
});

test('with --follow what happens later is printed too, until it is ended', async () => {
  append(EVENTS.resetSucceeded, 0);
  const ending = new AbortController();
  const terminal = fakeTerminal();
  const deps = { terminal, clock: { now: () => NOW }, signal: ending.signal, every: 5 };
  const following = printEvents({ stateFolder }, { follow: true }, deps);
  append(EVENTS.relayLinkDown, 0, { level: 'warn' });
  await vi.waitFor(() => expect(terminal.text()).toContain('31044'), 15_000);
  ending.abort();
  await following;
});
