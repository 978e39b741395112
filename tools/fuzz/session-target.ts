/** The relay's sessions, over real sockets: the upgrade, the challenge, and what comes after it. */
import { fromBase64url, toBase64url, toHex } from '@homeward/protocol/bytes';
import { closeReasonOf } from '@homeward/protocol/close-code';
import { encodeFrameHeader, FRAME_TYPES, type FrameType } from '@homeward/protocol/frame';
import { newId } from '@homeward/protocol/id';
import { signChallenge } from '@homeward/protocol/relay-session';
import { WebSocket } from 'ws';
import type { FuzzTarget, Verdict } from './fuzz-target.ts';
import type { FuzzedCloud } from './fuzzed-cloud.ts';
import { mutated } from './mutate-bytes.ts';
import { mutatedText } from './mutate-json.ts';
import type { RandomSource } from './random-source.ts';

/** below what the relay takes from one address before it knows who it is */
const AT_ONCE = 8;
/** how long a session that was not closed is taken for one that read its message */
const SILENCE_MS = 120;
const REFUSALS = ['malformed', 'unauthenticated', 'forbidden', 'tooLarge', 'unsupportedVersion', 'tooMany'];

type Said = string | Uint8Array;
/** what is said in place of the answer to the challenge, and what after a good one */
type Script = { credential: string; instead?: Said; afterwards?: Said };

export async function sessionTarget(cloud: FuzzedCloud): Promise<FuzzTarget> {
  const credential = await cloud.credential('relay');
  const { agentId } = cloud.agent;
  const frames = (Object.keys(FRAME_TYPES) as FrameType[]).flatMap((type) =>
    [agentId, newId()].map((id) => {
      const frame = new Uint8Array(400);
      frame.set(encodeFrameHeader({ type, agentId: id, requestId: newId(), expires: Date.now() + 60_000 }));
      frame.set([1, 1], 42);
      return frame;
    }),
  );
  const answer = { type: 'answer', signature: toBase64url(new Uint8Array(64)) };
  const renewal = { type: 'credential', credential };
  const scriptOf = (random: RandomSource): Script => {
    const text = () => mutatedText(random, random.pick([answer, renewal]));
    const said = () => (random.chance(0.6) ? mutated(random, frames) : text());
    switch (random.below(4)) {
      case 0:
        return { credential: mutatedCredential(random, credential) };
      case 1:
        return { credential, instead: said() };
      default:
        return { credential, afterwards: said() };
    }
  };
  return {
    ...{ name: 'a session at the relay', share: 0.004, atOnce: AT_ONCE },
    // The last is for this process's own slowness, on a machine that is busy.
    refusals: new Set([...REFUSALS, 'HTTP 401', 'HTTP 400', 'authenticationTimeout']),
    next(random) {
      const script = scriptOf(random);
      const shown = (said: Said | undefined) =>
        typeof said === 'string' ? said.slice(0, 3_000) : toHex(said ?? new Uint8Array());
      return {
        shown: () => `instead: ${shown(script.instead)} afterwards: ${shown(script.afterwards)}`,
        offer: () => perform(cloud, script),
      };
    },
  };
}

function mutatedCredential(random: RandomSource, credential: string): string {
  const bytes = mutated(random, [new TextEncoder().encode(credential) as Uint8Array<ArrayBuffer>]);
  // what no HTTP client could send would never reach the relay
  return [...bytes].map((byte) => String.fromCharCode(33 + (byte % 94))).join('');
}

function perform(cloud: FuzzedCloud, script: Script): Promise<Verdict> {
  const { agentId, issuer, identity } = cloud.agent;
  const audience = issuer.replace(/^http/, 'ws');
  const { promise, resolve, reject } = Promise.withResolvers<Verdict>();
  const socket = new WebSocket(cloud.agent.relayUrl, {
    headers: { authorization: `Bearer ${script.credential}` },
    perMessageDeflate: false,
  });
  let silence: NodeJS.Timeout | undefined;
  const readAll = () => {
    silence = setTimeout(() => {
      resolve('read');
      socket.terminate();
    }, SILENCE_MS);
  };
  socket.on('unexpected-response', (_request, { statusCode }) => {
    resolve({ refused: `HTTP ${statusCode}` });
    socket.terminate();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    // A relay that closes at once resets what is still on its way to it.
    if (error.code === 'ECONNRESET' || error.code === 'EPIPE' || socket.readyState === WebSocket.CLOSING)
      return;
    reject(new Error(cloud.ended() ?? error.message, { cause: error }));
  });
  socket.on('close', (code) => {
    clearTimeout(silence);
    const reason = closeReasonOf(code);
    if (reason === undefined) reject(new Error(cloud.ended() ?? `closed with ${code}, which has no name`));
    else resolve({ refused: reason });
  });
  const converse = async (text: string) => {
    const message = JSON.parse(text) as { type: string; nonce: string };
    if (message.type === 'challenge' && script.instead !== undefined) {
      socket.send(script.instead);
      readAll();
    } else if (message.type === 'challenge') {
      const binding = {
        audience,
        nonce: fromBase64url(message.nonce),
        agentId,
        credential: script.credential,
      };
      const signature = toBase64url(await signChallenge(binding, identity.privateKey));
      socket.send(JSON.stringify({ type: 'answer', signature }));
    } else if (script.afterwards !== undefined) {
      socket.send(script.afterwards);
      readAll();
    }
  };
  socket.on('message', (data: Buffer, isBinary) => {
    if (!isBinary) converse(data.toString('utf8')).catch(reject);
  });
  return promise;
}
