/**
 * The agent's half of the channel's benchmarks, in a process of its own: its true link, keys, journal and writeback,
 * for a person whom it does not have. So a request is claimed, opened, journalled and answered, and no directory is
 * asked. Beside it, the other end of a bare echo.
 */

import { Secret } from '@homeward/protocol/secret';
import { WebSocket } from 'ws';
import { loadKeys } from '../../packages/agent/src/keys/key-store.ts';
import { RelayLink } from '../../packages/agent/src/link/relay-link.ts';
import { openJournal } from '../../packages/agent/src/writeback/journal.ts';
import { openWriteback } from '../../packages/agent/src/writeback/writeback.ts';

export type ChannelAgentOptions = {
  stateFolder: string;
  relayUrl: string;
  echoUrl: string;
  agentId: string;
  tenantId: string;
  credential: string;
};

const options = JSON.parse(process.argv[2] ?? '') as ChannelAgentOptions;
const { stateFolder, agentId, tenantId } = options;
const log = { debug() {}, info() {}, warn() {}, error() {} };
const clock = { now: () => Date.now(), monotonic: () => performance.now() };
const keys = await loadKeys(stateFolder);
const journal = openJournal(stateFolder, clock.now);
const writeback = openWriteback({
  ...{ tenantId, agentId, keys, journal, clock, log, version: '0.0.0', forests: new Map() },
  locate: () => ({ kind: 'notFound', why: 'nobody is here: the directory is not measured' }),
  directoryOf: () => undefined,
  countPeople: () => 0,
  send: (frame) => link.send(frame),
});
const link = new RelayLink({
  ...{ relayUrl: options.relayUrl, agentId, pingEvery: 45_000, random: Math.random, log },
  identityKey: () => keys.identity.privateKey,
  credential: { get: async () => new Secret(options.credential), discard: () => {} },
  receive: (frame) => void writeback.serve(frame),
  onReady: () => {},
});
link.start();

let answer = new Uint8Array(0);
const echo = new WebSocket(options.echoUrl, { perMessageDeflate: false });
echo.on('message', (data: Buffer, isBinary) => {
  if (isBinary) echo.send(answer, { binary: true });
  else answer = new Uint8Array((JSON.parse(data.toString('utf8')) as { reply: number }).reply);
});

process.once('disconnect', () => process.exit());
