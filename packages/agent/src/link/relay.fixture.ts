import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fromBase64url, randomBytes, toBase64url } from '@homeward/protocol/bytes';
import { newId } from '@homeward/protocol/id';
import { verifyChallenge } from '@homeward/protocol/relay-session';
import { Secret } from '@homeward/protocol/secret';
import { type WebSocket, WebSocketServer } from 'ws';
import type { AgentLog } from '../log.ts';

export type FixtureRelay = AsyncDisposable & {
  url: string;
  /** credentials of those who proved their key, in order */
  admitted: string[];
  sockets: Set<WebSocket>;
  /** what the agent sent, with the credential of the link that it came by */
  frames: { by: string; bytes: Uint8Array }[];
  /** ends all links as a relay does that restarts */
  restart: () => void;
};

/** The session half of a relay, on this machine, for an agent whose key is `identity`. */
export async function fixtureRelay(
  agent: { id: string; identity: CryptoKey },
  options: {
    pingEvery?: number;
    answersPings?: boolean;
    /** an HTTP status for every credential, or for some */
    refuses?: number | ((credential: string) => number | undefined);
  } = {},
): Promise<FixtureRelay> {
  const { pingEvery, answersPings = true, refuses } = options;
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    autoPong: answersPings,
    verifyClient({ req }: { req: IncomingMessage }, done: (ok: boolean, code?: number) => void) {
      const status = typeof refuses === 'function' ? refuses(credentialIn(req)) : refuses;
      done(status === undefined, status);
    },
  });
  await once(server, 'listening');
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/relay`;
  const audience = new URL(url).origin;
  const relay = {
    admitted: [] as string[],
    sockets: new Set<WebSocket>(),
    frames: [] as FixtureRelay['frames'],
  };
  server.on('connection', (socket, request) => {
    const credential = credentialIn(request);
    const nonce = randomBytes(32);
    socket.send(JSON.stringify({ type: 'challenge', nonce: toBase64url(nonce), audience }));
    socket.on('message', async (data: Buffer, isBinary) => {
      if (isBinary) return void relay.frames.push({ by: credential, bytes: new Uint8Array(data) });
      const message = JSON.parse(data.toString()) as { type: string; signature: string };
      const binding = { audience, nonce, agentId: agent.id, credential };
      if (!(await verifyChallenge(binding, fromBase64url(message.signature), agent.identity)))
        return socket.close(4401);
      relay.admitted.push(credential);
      relay.sockets.add(socket);
      socket.send(JSON.stringify({ type: 'ready', time: Date.now() }));
    });
    const pings = pingEvery && setInterval(() => socket.ping(), pingEvery);
    socket.on('close', () => {
      relay.sockets.delete(socket);
      if (pings) clearInterval(pings);
    });
  });
  return {
    ...relay,
    url,
    restart() {
      for (const socket of relay.sockets) socket.close(1012);
    },
    async [Symbol.asyncDispose]() {
      for (const socket of server.clients) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const credentialIn = ({ headers }: IncomingMessage) => headers.authorization?.replace('Bearer ', '') ?? '';

export async function fixtureAgent() {
  const pair = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
  return { id: newId(), identity: pair.publicKey, identityKey: pair.privateKey };
}

/** Credentials that tell the links apart: `link-1`, `link-2`. */
export function numberedCredentials() {
  let made = 0;
  return () => {
    made += 1;
    const token = new Secret(`link-${made}`);
    return { get: async () => token, discard: () => {} };
  };
}

export type Logged = { level: string; fields: Record<string, unknown>; message: string };

export function recordingLog(): AgentLog & { lines: Logged[] } {
  const lines: Logged[] = [];
  const at = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, fields: fields as Record<string, unknown>, message });
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
