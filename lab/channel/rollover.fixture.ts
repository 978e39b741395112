/** An agent's keys on disk, its rollover, and the cloud's half with a real store: everything but the network. */
import { mkdtempDisposableSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toBase64url, toHex } from '@homeward/protocol/bytes';
import { newId } from '@homeward/protocol/id';
import { open } from '@homeward/protocol/open';
import { pack, unpack } from '@homeward/protocol/package';
import { Password } from '@homeward/protocol/password';
import { signReply, verifyReply } from '@homeward/protocol/reply';
import { decodeRequest, encodeRequest } from '@homeward/protocol/request';
import { type SealBinding, seal } from '@homeward/protocol/seal';
import { type KeyRing, loadKeys, makeKeys, readPackageKey } from '../../packages/agent/src/keys/key-store.ts';
import { KeyRollover } from '../../packages/agent/src/rollover/key-rollover.ts';
import {
  AgentRegistry,
  generationOfPackage,
  packageKeyOf,
} from '../../packages/cloud/src/agents/agent-registry.ts';
import { rolloverRoutes } from '../../packages/cloud/src/agents/rollover-routes.ts';
import { openTestDatabase } from '../../packages/cloud/src/store/test-database.ts';

export const tenantId = newId();
export const agentId = newId();
const DAY = 86_400_000;
const typed = 'Correct horse 7 battery';

export class Killed extends Error {}

export async function openRollover() {
  const folder = mkdtempDisposableSync(join(tmpdir(), 'homeward-rollover-'));
  const store = await openTestDatabase();
  const { database, secrets } = store;
  const clock = { at: 1_800_000_000_000, now: () => clock.at };
  const registry = new AgentRegistry({ database, secrets });
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const routes = rolloverRoutes({
    database,
    secrets,
    registry,
    tenant: { id: tenantId },
    clock: clock.now,
    log,
  });

  await makeKeys(folder.path, 1, clock.at);
  const { identity, password, package: packageKey } = await loadKeys(folder.path);
  const raw = Buffer.from(readPackageKey(folder.path).key.reveal(), 'base64url');
  await database
    .insertInto('agent')
    .values({
      ...{ id: agentId, tenantId, name: 'dc-agent-1', forests: '[]', status: 'active', enrolledAt: clock.at },
      identityKey: toBase64url(identity.publicKey),
      passwordKey: toBase64url(password.spki),
      packageKeyId: packageKey.id,
      packageKeySealed: secrets.seal('package-key', agentId, raw),
    })
    .execute();
  await registry.refresh();

  /** counts what was stated; `kill` may throw before it is sent or after it was answered */
  const wire = { stated: 0, kill: (_when: 'before' | 'after', _statement: number): void => {} };
  const fetch: typeof globalThis.fetch = async (url, init) => {
    const statement = ++wire.stated;
    wire.kill('before', statement);
    const path = new URL(String(url)).pathname.replace(/^\/agents\/keys/, '') || '/';
    const response = await routes.request(path, init);
    wire.kill('after', statement);
    return response;
  };
  return {
    stateFolder: folder.path,
    store,
    clock,
    registry,
    wire,
    fetch,
    /** as at the start of the process: nothing but the disk is known */
    async startAgent(stateFolder = folder.path) {
      const keys = await loadKeys(stateFolder);
      const enrolment = { agentId, tenantId, cloudUrl: 'https://reset.example.com' };
      const deps = { stateFolder, enrolment, keys, lifetime: 180 * DAY, fetch, clock, log };
      return { keys, rollover: new KeyRollover(deps) };
    },
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      folder.remove();
    },
  };
}

/** A request as the cloud seals and packs it now: what somebody on the way could keep. */
export async function capture(registry: AgentRegistry) {
  const agent = registry.get(agentId);
  if (agent === undefined) throw new Error('the agent is gone');
  const requestId = newId();
  const [issued, expires] = [1_800_000_000_000, 1_800_000_120_000];
  const binding: SealBinding = {
    ...{ tenantId, requestId, operation: 'reset', flags: 0, cloudAnchor: newId(), issued, expires },
  };
  const inner = await seal({ next: Password.of(typed) }, binding, [agent.current.recipient]);
  const body = encodeRequest({ ...binding, actorId: newId(), inner });
  const header = { type: 'request' as const, agentId, requestId, expires };
  return { binding, inner, frame: await pack({ header, body }, tenantId, agent.current.packageKey) };
}

/** Whether a request reaches the agent readable, and its answer comes back believed. */
export async function exchange(registry: AgentRegistry, keys: KeyRing): Promise<boolean> {
  const { binding, frame } = await capture(registry);
  const { header, body } = await unpack(frame, tenantId, (id) => keys.byPackageKeyId(id)?.package);
  const { inner } = decodeRequest(body);
  const { next } = await open(inner, binding, (id) => keys.byPasswordKeyId(id)?.password.privateKey);
  const { current } = keys;
  const bound = { tenantId, agentId, requestId: header.requestId };
  const signed = await signReply(
    { outcome: { kind: 'applied' }, event: 31_002 },
    bound,
    current.identity.privateKey,
  );
  const reply = await pack({ header: { ...header, type: 'reply' }, body: signed }, tenantId, current.package);
  const agent = registry.get(agentId);
  const signer = agent && generationOfPackage(agent, toHex(reply.subarray(44, 52)));
  if (agent === undefined || signer === undefined) return false;
  const arrived = await unpack(reply, tenantId, (id) => packageKeyOf(agent, id));
  const { outcome } = await verifyReply(arrived.body, bound, signer.identity);
  return next?.reveal() === typed && outcome.kind === 'applied';
}
