import { appendFileSync, chownSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EVENTS } from '@homeward/protocol/event';
import { newId } from '@homeward/protocol/id';
import { Secret } from '@homeward/protocol/secret';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { recordingLog } from '../link/relay.fixture.ts';
import { allEvents, isKept, openEventFile, readEvents } from './event-file.ts';
import { type EventRecord, recordOf } from './event-record.ts';
import { recordEvents } from './record-events.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'homeward-events-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const record = (message: string): EventRecord => ({
  id: newId(),
  time: '2026-11-21T12:00:00.000Z',
  event: EVENTS.heartbeat,
  level: 'info',
  message,
});
const messages = (from?: Parameters<typeof allEvents>[1]) =>
  [...allEvents(folder, from)].map((each) => each.record.message);

test('events are read from any place on, and what is written later is found from there', () => {
  expect(readEvents(folder, { file: 0, offset: 0 })).toEqual([]);
  const file = openEventFile(folder);
  for (const name of ['a', 'b', 'c']) file.append(record(name));
  const [first] = readEvents(folder, { file: 0, offset: 0 });
  expect(messages(first?.next)).toEqual(['b', 'c']);
  const end = [...allEvents(folder)].at(-1)?.next;
  expect(messages(end)).toEqual([]);
  openEventFile(folder).append(record('d'));
  expect(messages(end)).toEqual(['d']);
});

test('the oldest file goes when a new one begins, and a reader that was behind goes on with what is left', () => {
  const file = openEventFile(folder, { fileSize: 400, files: 3 });
  const [start] = [{ file: 1, offset: 0 }];
  for (let each = 0; each < 40; each++) file.append(record(String(each)));
  expect(readdirSync(join(folder, 'events'))).toHaveLength(3);
  expect(isKept(folder, start ?? { file: 0, offset: 0 })).toBe(false);
  const left = messages(start).map(Number);
  expect(left.at(-1)).toBe(39);
  expect(left).toEqual(Array.from(left, (_, at) => (left[0] ?? 0) + at));
  expect(left.length).toBeLessThan(40);
});

test('a line that was cut off is passed over, and swallows no other', () => {
  openEventFile(folder).append(record('a'));
  const [name = ''] = readdirSync(join(folder, 'events'));
  appendFileSync(join(folder, 'events', name), '{"id":"x","event":3');
  expect(messages()).toEqual(['a']);
  const file = openEventFile(folder);
  file.append(record('b'));
  expect(messages()).toEqual(['a', 'b']);
  appendFileSync(join(folder, 'events', name), 'no json\n'.repeat(60_000));
  file.append(record('c'));
  expect(messages()).toEqual(['a', 'b', 'c']);
});

test('a log call with an event is kept with what is allowed, and nothing else; others are not', () => {
  const log = recordingLog();
  const recorded = recordEvents(log, openEventFile(folder), () => Date.UTC(2026, 10, 21));
  const [requestId, person] = [newId(), newId()];
  recorded.info({}, 'no event');
  recorded.debug({ event: EVENTS.heartbeat }, 'too small');
  recorded.warn(
    {
      event: EVENTS.resetFailed,
      ...{ requestId, person, outcome: 'refusedByPolicy', operation: 'reset', forest: 'corp.example.com' },
      diagnosis: { controller: 'dc1.corp.example.com', dn: 'CN=Ada,DC=corp', sent: 'hunter2' },
      evidence: { versionBefore: 7, versionAfter: 8 },
      password: new Secret('hunter2'),
      token: 'hunter2',
      err: Object.assign(new Error('broken'), { code: 'ERR_X' }),
    },
    'answered',
  );
  expect(log.lines.map(({ level }) => level)).toEqual(['info', 'debug', 'warn']);
  const [kept, ...more] = [...allEvents(folder)].map((each) => each.record);
  expect(more).toEqual([]);
  expect(kept).toEqual({
    id: expect.any(String),
    time: '2026-11-21T00:00:00.000Z',
    event: 31003,
    level: 'warn',
    message: 'answered',
    ...{ requestId, person, outcome: 'refusedByPolicy', operation: 'reset', forest: 'corp.example.com' },
    controller: 'dc1.corp.example.com',
    versionBefore: 7,
    versionAfter: 8,
    code: 'ERR_X',
    fault: 'broken',
  });
  const [name = ''] = readdirSync(join(folder, 'events'));
  expect(readFileSync(join(folder, 'events', name), 'utf8')).not.toMatch(/hunter2|Ada/);
});

test('a dry run is no reset: only what it met is kept', () => {
  const fields = { event: EVENTS.resetSucceeded, operation: 'dryRun', outcome: 'applied' };
  expect(recordOf('info', fields, 'answered: applied', 0)).toBeUndefined();
  const refused = { event: EVENTS.directoryUserNotFound, operation: 'dryRun', outcome: 'notFound' };
  expect(recordOf('warn', refused, 'answered: notFound', 0)).toMatchObject({
    event: 33002,
    operation: 'dryRun',
  });
});

test('what is not of the shape that it should be is left out', () => {
  const fields = { event: EVENTS.resetFailed, person: 'ada@example.com', requestId: 7, versionBefore: '7' };
  expect(recordOf('info', fields, 'x', 0)).toEqual({
    id: expect.any(String),
    ...{ time: '1970-01-01T00:00:00.000Z', event: 31003, level: 'info', message: 'x' },
  });
  expect(recordOf('info', { event: 12 }, 'x', 0)).toBeUndefined();
});

test.runIf(process.getuid?.() === 0)(
  'what a command of root’s begins belongs to the agent’s own account',
  () => {
    chownSync(folder, 12_345, 12_345);
    openEventFile(folder).append(record('a'));
    const [name = ''] = readdirSync(join(folder, 'events'));
    for (const path of ['events', join('events', name)])
      expect(statSync(join(folder, path)).uid).toBe(12_345);
  },
);

test('a full disk is told once, and stops nothing', () => {
  const log = recordingLog();
  const full = {
    append() {
      throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    },
  };
  const recorded = recordEvents(log, full, () => 0);
  recorded.info({ event: EVENTS.heartbeat }, 'one');
  recorded.info({ event: EVENTS.heartbeat }, 'two');
  expect(log.lines.map(({ message }) => message)).toEqual(['events cannot be written down', 'one', 'two']);
});
