import { mkdtempDisposableSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EVENTS } from '@homeward/protocol/event';
import { newId } from '@homeward/protocol/id';
import { expect, test } from 'vitest';
import { recordingLog } from '../link/relay.fixture.ts';
import { allEvents, openEventFile } from './event-file.ts';
import { recordEvents } from './record-events.ts';

const HOUR = 3_600_000;

test('who can only send what does not open washes out no write, neither here nor in the log', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'homeward-events-'));
  const log = recordingLog();
  let now = Date.UTC(2026, 10, 21);
  const file = openEventFile(folder.path, { fileSize: 20_000, files: 2 });
  const recorded = recordEvents(log, file, () => now);
  const kept = (event: number) => [...allEvents(folder.path)].filter(({ record }) => record.event === event);
  recorded.info({ event: EVENTS.resetSucceeded, operation: 'reset' }, 'answered: applied');
  for (let each = 0; each < 5_000; each++) recorded.warn({ event: EVENTS.cannotDecrypt }, 'dropped');
  expect(kept(EVENTS.resetSucceeded)).toHaveLength(1);
  expect(kept(EVENTS.cannotDecrypt)).toHaveLength(60);
  expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(60);
  now += HOUR;
  recorded.warn({ event: EVENTS.cannotDecrypt }, 'dropped');
  expect(kept(EVENTS.cannotDecrypt).at(-1)?.record.message).toBe(
    'dropped (and 4940 more, not told one by one)',
  );
});

test('writes are all kept, however many there are, and so is each other event', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'homeward-events-'));
  const recorded = recordEvents(recordingLog(), openEventFile(folder.path), () => 0);
  for (let each = 0; each < 200; each++) {
    recorded.info({ event: EVENTS.resetSucceeded, operation: 'reset' }, 'answered: applied');
    recorded.warn({ event: EVENTS.requestRefused, operation: 'reset' }, 'answered: refusedByAgent');
    recorded.warn({ event: EVENTS.cannotDecrypt, requestId: newId() }, 'answered: undecryptable');
    recorded.warn({ event: EVENTS.relayLinkError }, 'the connection failed');
  }
  const events = [...allEvents(folder.path)].map(({ record }) => record.event);
  expect(events.filter((event) => event !== EVENTS.relayLinkError)).toHaveLength(600);
  expect(events.filter((event) => event === EVENTS.relayLinkError)).toHaveLength(60);
});
