/** An agent's writeback as it runs, with journal and keys on disk: frames from its own cloud and from anybody else. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toHex } from '@homeward/protocol/bytes';
import { encodeOffer } from '@homeward/protocol/control';
import { FRAME_TYPES, type FrameType } from '@homeward/protocol/frame';
import { newId } from '@homeward/protocol/id';
import { OPERATIONS, type Operation } from '@homeward/protocol/operation';
import { pack, unpack } from '@homeward/protocol/package';
import { Password } from '@homeward/protocol/password';
import { decodeReply, REPLY_BODY_SIZE } from '@homeward/protocol/reply';
import { encodeRequest } from '@homeward/protocol/request';
import { importRecipient, seal } from '@homeward/protocol/seal';
import { loadKeys, makeKeys } from '../../packages/agent/src/keys/key-store.ts';
import { openJournal } from '../../packages/agent/src/writeback/journal.ts';
import { openWriteback } from '../../packages/agent/src/writeback/writeback.ts';
import type { FuzzTarget, Verdict } from './fuzz-target.ts';
import { mutated } from './mutate-bytes.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const DROPPED = [
  'ERR_FRAME_SIZE',
  'ERR_FRAME_VERSION',
  'ERR_FRAME_TYPE',
  'ERR_FRAME_TIME',
  'ERR_PACKAGE_VERSION',
];
const NOT_OURS = ['ERR_PACKAGE_SUITE', 'ERR_PACKAGE_KEY', 'ERR_PACKAGE_OPEN', 'ERR_CONTROL_MALFORMED'];
/** outcomes that a request ends with where the directory is not asked */
const ANSWERED = ['agentFault', 'expired', 'replayed', 'undecryptable', 'notFound', 'notStarted', 'unknown'];

export async function agentTarget(): Promise<FuzzTarget & { close: () => Promise<void> }> {
  const stateFolder = mkdtempSync(join(tmpdir(), 'homeward-fuzzed-agent-'));
  await makeKeys(stateFolder);
  const keys = await loadKeys(stateFolder);
  const [tenantId, agentId] = [newId(), newId()];
  const journal = openJournal(stateFolder, Date.now);
  let said: string[] = [];
  let sent: Uint8Array[] = [];
  const ignore = () => {};
  const writeback = openWriteback({
    ...{ tenantId, agentId, keys, journal, version: '0.0.0', forests: new Map() },
    locate: () => ({ kind: 'notFound', why: 'nobody is here' }),
    directoryOf: () => undefined,
    countPeople: () => 0,
    send(frame) {
      sent.push(frame);
      return true;
    },
    clock: { now: Date.now, monotonic: () => performance.now() },
    log: {
      ...{ debug: ignore, info: ignore, error: ignore },
      warn: (fields: object) => void ('code' in fields && said.push(String(fields.code))),
    },
  });
  const packed = (type: FrameType, body: Bytes, expires: number) =>
    pack({ header: { type, agentId, requestId: newId(), expires }, body }, tenantId, keys.package);
  const bodies = await bodiesFor(tenantId, keys.password.spki);
  const types = (Object.keys(FRAME_TYPES) as FrameType[]).filter((type) => type !== 'probe');
  const whole = await Promise.all(types.map((type) => packed(type, new Uint8Array(19), Date.now())));

  const serve = async (frame: Uint8Array): Promise<Verdict> => {
    said = [];
    sent = [];
    await writeback.serve(frame);
    const [code] = said;
    if (code !== undefined) return { refused: code };
    const [answer] = sent;
    if (answer?.[1] !== FRAME_TYPES.reply) return 'read';
    const { body } = await unpack(answer, tenantId, () => keys.package);
    return { refused: decodeReply(body.subarray(0, REPLY_BODY_SIZE)).outcome.kind };
  };
  return {
    ...{ name: "an agent's writeback", share: 0.002, atOnce: 1 },
    refusals: new Set([...DROPPED, ...NOT_OURS, ...ANSWERED]),
    next(random) {
      if (random.chance(0.4)) {
        const frame = mutated(random, whole);
        return { shown: () => toHex(frame), offer: () => serve(frame) };
      }
      // Authentic, and wrong: what only the true cloud could send.
      const type = random.pick(types);
      const body = mutated(random, bodies).slice(0, 1_900);
      const expires = random.pick([Date.now() + 60_000, 0, 2 ** 52, 2 ** 60, Date.now() - 120_000]);
      const offer = async () => serve(await packed(type, body, expires));
      return { shown: () => `${type} ${expires} ${toHex(body)}`, offer };
    },
    async close() {
      await writeback.stop();
      journal.close();
      rmSync(stateFolder, { recursive: true });
    },
  };
}

async function bodiesFor(tenantId: string, spki: Bytes): Promise<Bytes[]> {
  const recipient = await importRecipient(spki);
  const now = Date.now();
  const requests = (Object.keys(OPERATIONS) as Operation[]).map(async (operation) => {
    const about = { operation, flags: 0, cloudAnchor: newId(), issued: now, expires: now + 60_000 };
    const binding = { ...about, tenantId, requestId: newId() };
    const isBare = OPERATIONS[operation].password === 'none';
    const inner = isBare
      ? new Uint8Array(0)
      : await seal({ next: Password.of('Correct horse 7') }, binding, [recipient]);
    return encodeRequest({ ...about, actorId: newId(), inner });
  });
  const offer = encodeOffer({ number: 1, operation: 'reset', flags: 0, cloudAnchor: newId(), isLast: false });
  return [...(await Promise.all(requests)), offer, new Uint8Array(0)];
}
