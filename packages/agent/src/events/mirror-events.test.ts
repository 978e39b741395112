import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EVENTS, type EventId } from '@homeward/protocol/event';
import { newId } from '@homeward/protocol/id';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { recordingLog } from '../link/relay.fixture.ts';
import { allEvents, openEventFile } from './event-file.ts';
import { startMirror } from './mirror-events.ts';

let folder: string;
let server: Server;
let cloudUrl: string;
let status: number;
let answer: string;
let requests: { authorization: string | undefined; events: Record<string, unknown>[] }[];
const mirrors: ReturnType<typeof startMirror>[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'homeward-mirror-'));
  status = 200;
  answer = '{}';
  requests = [];
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { events } = JSON.parse(Buffer.concat(chunks).toString()) as { events: Record<string, unknown>[] };
    requests.push({ authorization: request.headers.authorization, events });
    response.writeHead(status).end(answer.replace('#', String(requests.length)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cloudUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await Promise.all(mirrors.splice(0).map((mirror) => mirror.stop()));
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

function append(count: number, event: EventId = EVENTS.resetSucceeded) {
  const file = openEventFile(folder);
  for (let each = 0; each < count; each++)
    file.append({
      id: newId(),
      time: '2026-11-21T12:00:00.000Z',
      ...{
        event,
        level: 'info',
        message: 'for Ada',
        fault: 'CN=Ada',
        rule: 'scope: CN=Ada',
        person: newId(),
      },
    });
}

function start() {
  const log = recordingLog();
  const discard = vi.fn();
  const authorize = async (method: string, url: string) => ({
    authorization: `DPoP token for ${method} ${new URL(url).pathname}`,
  });
  const credential = { authorize, discard };
  const mirror = startMirror({
    stateFolder: folder,
    cloudUrl,
    credential,
    fetch,
    random: () => 0,
    log,
    every: 10,
  });
  mirrors.push(mirror);
  return { mirror, log, discard };
}
const placeReached = () => JSON.parse(readFileSync(join(folder, 'events-mirrored.json'), 'utf8')) as unknown;
const heard = () => requests.flatMap(({ events }) => events);

test('events reach the cloud in batches, once, without words; heartbeats go another way', async () => {
  append(250);
  append(1, EVENTS.heartbeat);
  const { mirror } = start();
  await vi.waitFor(() => expect(heard()).toHaveLength(250), 15_000);
  append(1);
  await vi.waitFor(() => expect(heard()).toHaveLength(251), 15_000);
  expect(new Set(heard().map(({ id }) => id)).size).toBe(251);
  expect(Math.max(...requests.map(({ events }) => events.length))).toBeLessThanOrEqual(100);
  expect(requests[0]?.authorization).toBe('DPoP token for POST /agents/events');
  expect(JSON.stringify(requests)).not.toContain('Ada');
  expect(heard()[0]).toMatchObject({ event: 31002, rule: 'scope', time: Date.UTC(2026, 10, 21, 12) });
  // Stopped before it had the answer it would tell of them once more, as it may.
  await vi.waitFor(() => expect(placeReached()).toEqual([...allEvents(folder)].at(-1)?.next), 15_000);
  await mirror.stop();

  append(1);
  start();
  await vi.waitFor(() => expect(heard()).toHaveLength(252), 15_000);
});

test('while the cloud is away events wait, which is told once; a credential that is refused is got anew', async () => {
  status = 401;
  answer = '{"error_description":"Here it is 12:0#."}';
  append(3);
  const { log, discard } = start();
  await vi.waitFor(() => expect(requests.length).toBeGreaterThan(1), { timeout: 15_000 });
  expect(discard).toHaveBeenCalled();
  const first = requests.length;
  status = 200;
  await vi.waitFor(() => expect(requests.length).toBeGreaterThan(first), { timeout: 30_000 });
  expect(requests.at(-1)?.events).toEqual(requests[0]?.events);
  expect(log.lines.map(({ message }) => message)).toEqual([
    'events wait here: the cloud answered HTTP 401: Here it is 12:01.',
  ]);
});

test('what the cloud does not understand is passed over, so that the rest can follow', async () => {
  status = 400;
  append(1);
  start();
  await vi.waitFor(() => expect(requests).toHaveLength(1), 15_000);
  status = 200;
  append(1);
  await vi.waitFor(() => expect(requests).toHaveLength(2), 15_000);
  expect(requests[1]?.events[0]?.['id']).not.toBe(requests[0]?.events[0]?.['id']);
});
