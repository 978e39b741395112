/** What a link does by itself while nothing is said on it, by a clock that the test turns. */
import { EventEmitter } from 'node:events';
import { fromBase64url, toBase64url } from '@homeward/protocol/bytes';
import { newId } from '@homeward/protocol/id';
import { signChallenge } from '@homeward/protocol/relay-session';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { WebSocket } from 'ws';
import type { Credential } from './credential.ts';
import { Session } from './session.ts';

const audience = 'wss://relay.example.com';
const agentId = newId();
const tenantId = newId();
const keys = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
/** A proxy that cuts what is idle cuts it after this, ms. */
const IDLE_LIMIT = 120_000;

class Line extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  said: string[] = [];
  /** ms, by the turned clock */
  pinged: number[] = [];
  closedWith: number | undefined;
  send(text: string) {
    this.said.push(text);
  }
  /** of each ping, in order */
  carried: unknown[] = [];
  ping(data?: unknown) {
    this.pinged.push(Date.now());
    this.carried.push(data);
  }
  close(code: number) {
    this.closedWith = code;
  }
  terminate() {}
}

let line: Line;
let session: Session;
/** what a fresh credential turns out to be */
let verified: Credential | undefined;

beforeEach(async () => {
  vi.useFakeTimers();
  line = new Line();
  const expires = Date.now() + 900_000;
  const credential = { agentId, tenantId, identity: keys.publicKey, expires, token: 'token' };
  const { promise: ready, resolve } = Promise.withResolvers<unknown>();
  session = new Session(
    line as unknown as WebSocket,
    credential,
    { audience, now: Date.now },
    { mayEnter: () => true, ready: resolve, frame() {}, closed() {}, verify: async () => verified },
  );
  const { nonce } = JSON.parse(line.said[0] ?? '') as { nonce: string };
  const binding = { audience, nonce: fromBase64url(nonce), agentId, credential: 'token' };
  const signature = toBase64url(await signChallenge(binding, keys.privateKey));
  line.emit('message', Buffer.from(JSON.stringify({ type: 'answer', signature })), false);
  await ready;
});
afterEach(() => vi.useRealTimers());

test('a link on which nothing is said is pinged twice before a proxy with a limit of two minutes would cut it', () => {
  const start = Date.now();
  for (let at = 0; at < IDLE_LIMIT; at += 1_000) {
    vi.advanceTimersByTime(1_000);
    line.emit('pong');
  }
  const gaps = [start, ...line.pinged].map((at, index, all) => (all[index + 1] ?? at) - at);
  expect(line.pinged.length).toBeGreaterThanOrEqual(2);
  expect(Math.max(...gaps)).toBeLessThan(IDLE_LIMIT / 2);
  expect(line.closedWith).toBeUndefined();
});

test('a link that answers no ping is given up', () => {
  vi.advanceTimersByTime(IDLE_LIMIT);
  expect(line.pinged).toHaveLength(1);
  expect(line.closedWith).toBe(4440);
});

function turn(ms: number): void {
  for (let at = 0; at < ms; at += 1_000) {
    vi.advanceTimersByTime(1_000);
    line.emit('pong');
  }
}

test('a link ends with its credential, to the millisecond', () => {
  turn(899_000);
  expect(line.closedWith).toBeUndefined();
  turn(1_000);
  expect(line.closedWith).toBe(4410);
});

test('a fresh credential of the same agent prolongs a link to its own end', async () => {
  turn(600_000);
  const expires = Date.now() + 900_000;
  verified = { agentId, tenantId, identity: keys.publicKey, expires, token: 'fresh' };
  line.emit('message', Buffer.from('{"type":"credential","credential":"fresh"}'), false);
  await vi.advanceTimersByTimeAsync(0);
  turn(899_000);
  expect(line.closedWith).toBeUndefined();
  turn(1_000);
  expect(line.closedWith).toBe(4410);
});

test('somebody is there who answers the ping that asked, and nobody who answers an earlier one', async () => {
  const asked = session.answers(1_000);
  line.emit('pong', Buffer.from(line.carried.at(-1) as Uint8Array));
  expect(await asked).toBe(true);
  const again = session.answers(1_000);
  line.emit('pong', Buffer.from(line.carried[0] as Uint8Array));
  vi.advanceTimersByTime(1_000);
  expect(await again).toBe(false);
  expect([line.closedWith, await session.answers(1_000)]).toEqual([4440, false]);
});

test('nobody is there once the link has ended', async () => {
  const asked = session.answers(1_000);
  line.emit('close');
  expect(await asked).toBe(false);
  expect(line.closedWith).toBeUndefined();
});
