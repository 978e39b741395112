/** What preflight tries of the way to the relay. No link comes of it: nothing is proven, so nothing is routed to it. */
import type { Agent } from 'node:http';
import { type CloseReason, closeReasonOf } from '@homeward/protocol/close-code';
import { MAX_FRAME_SIZE } from '@homeward/protocol/frame';
import type { Secret } from '@homeward/protocol/secret';
import { WebSocket } from 'ws';

export type RelayTarget = {
  relayUrl: string;
  credential: Secret<string>;
  socketAgent?: Agent | undefined;
};

/** An answer other than a WebSocket, by its HTTP status, or a close right after it, by its reason or code. */
export type RelayRefusal =
  | { kind: 'refused'; status: number }
  | { kind: 'closed'; reason: CloseReason | number };

export type IdleResult =
  | RelayRefusal
  /** it answered a ping after so many seconds of silence; longer was not tried */
  | { kind: 'alive'; seconds: number }
  /** it was ended, or found dead, after so many seconds of silence */
  | { kind: 'cut' | 'dead'; seconds: number }
  /** the relay pings or challenges: it is of a version that holds no idle connections */
  | { kind: 'notOffered' };

const OPEN_WITHIN = 10_000;
const ANSWER_WITHIN = 10_000;

/** Comes as far as the relay's challenge. @throws what the network or the proxy says */
export async function tryRelay(target: RelayTarget): Promise<RelayRefusal | { kind: 'challenged' }> {
  const socket = dial(target, target.relayUrl);
  return new Promise<RelayRefusal | { kind: 'challenged' }>((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), OPEN_WITHIN + ANSWER_WITHIN);
    socket.once('message', () => resolve({ kind: 'challenged' }));
    onEnd(socket, resolve, reject);
    socket.once('close', () => clearTimeout(timer));
  }).finally(() => socket.terminate());
}

/**
 * How long a connection lives over which nothing goes: what is between ends or forgets it one day.
 * @param ms to be silent
 * @param answerWithin ms for the ping at the end
 * @throws what the network or the proxy says
 */
export async function measureIdle(
  target: RelayTarget,
  ms: number,
  answerWithin = ANSWER_WITHIN,
): Promise<IdleResult> {
  const url = new URL(target.relayUrl);
  url.searchParams.set('idle', '');
  const socket = dial(target, url.href);
  let timer: NodeJS.Timeout | undefined;
  return new Promise<IdleResult>((resolve, reject) => {
    let since = performance.now();
    const silence = () => Math.round((performance.now() - since) / 1_000);
    let isOpen = false;
    socket.once('open', () => {
      isOpen = true;
      since = performance.now();
      timer = setTimeout(() => {
        const seconds = silence();
        // A firewall that forgot the connection sends nothing: only silence tells.
        timer = setTimeout(() => resolve({ kind: 'dead', seconds }), answerWithin);
        socket.once('pong', () => resolve({ kind: 'alive', seconds }));
        socket.ping();
      }, ms);
    });
    for (const word of ['message', 'ping']) socket.once(word, () => resolve({ kind: 'notOffered' }));
    onEnd(
      socket,
      (refusal) => {
        const isCut = isOpen && (refusal.kind === 'refused' || typeof refusal.reason === 'number');
        resolve(isCut ? { kind: 'cut', seconds: silence() } : refusal);
      },
      (error) => (isOpen ? resolve({ kind: 'cut', seconds: silence() }) : reject(error)),
    );
  }).finally(() => {
    clearTimeout(timer);
    socket.terminate();
  });
}

function dial({ credential, socketAgent }: RelayTarget, url: string): WebSocket {
  return new WebSocket(url, {
    headers: { authorization: `Bearer ${credential.reveal()}` },
    maxPayload: MAX_FRAME_SIZE,
    perMessageDeflate: false,
    handshakeTimeout: OPEN_WITHIN,
    followRedirects: false,
    ...(socketAgent && { agent: socketAgent }),
  });
}

function onEnd(
  socket: WebSocket,
  refuse: (refusal: RelayRefusal) => void,
  fail: (error: Error) => void,
): void {
  socket.on('unexpected-response', (_, { statusCode = 0 }) =>
    refuse({ kind: 'refused', status: statusCode }),
  );
  socket.on('error', fail);
  socket.on('close', (code) => refuse({ kind: 'closed', reason: closeReasonOf(code) ?? code }));
}

function late(): Error {
  return Object.assign(new Error('the relay did not answer in time'), { code: 'ETIMEDOUT' });
}
