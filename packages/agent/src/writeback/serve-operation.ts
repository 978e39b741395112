/**
 * One request at the agent, from sealed bytes to sealed answer: refuse what is not for us, too old or seen
 * before; open; locate the person; let the directory decide; answer. Checks that cost little and tell a sender
 * nothing come first.
 */
import type { DirectoryOutcome } from '@homeward/active-directory';
import type { Bytes } from '@homeward/protocol/bytes';
import { fromHex, sha256, toHex } from '@homeward/protocol/bytes';
import { ProtocolError } from '@homeward/protocol/errors';
import { EVENTS } from '@homeward/protocol/event';
import { decodeFrameHeader, type FrameHeader } from '@homeward/protocol/frame';
import { open } from '@homeward/protocol/open';
import { OPERATIONS } from '@homeward/protocol/operation';
import { OUTCOMES, type Outcome } from '@homeward/protocol/outcome';
import { pack, unpack } from '@homeward/protocol/package';
import type { PersonPolicy } from '@homeward/protocol/policy';
import { type Reply, signReply } from '@homeward/protocol/reply';
import { decodeRequest, type RequestBody } from '@homeward/protocol/request';
import { adviceFor } from '../advice/advice-for.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import type { AgentLog } from '../log.ts';
import { carryOut, type WritebackDirectory } from './carry-out.ts';
import type { Intent, Journal } from './journal.ts';
import type { Located } from './locate-user.ts';
import { resolveLost } from './resolve-lost.ts';
import { remaining } from './time-window.ts';

export type ServeDeps = {
  tenantId: string;
  agentId: string;
  keys: KeyRing;
  journal: Journal;
  locate: (cloudAnchor: string) => Located;
  directoryOf: (forest: string) => WritebackDirectory | undefined;
  clock: { now: () => number; monotonic: () => number };
  log: AgentLog;
};

/** @returns one function that serves frames, several at once, each request at most once */
export function operationServer(deps: ServeDeps): (frame: Uint8Array) => Promise<Uint8Array | undefined> {
  const inFlight = new Set<string>();
  return async (frame) => {
    const arrived = await unwrap(deps, frame);
    if (arrived === undefined || inFlight.has(arrived.header.requestId)) return undefined;
    inFlight.add(arrived.header.requestId);
    try {
      return await serveOperation(deps, arrived.header, arrived.body);
    } finally {
      inFlight.delete(arrived.header.requestId);
    }
  };
}

async function serveOperation(
  deps: ServeDeps,
  header: FrameHeader,
  body: Bytes,
): Promise<Uint8Array | undefined> {
  const { journal, log, clock } = deps;
  const { requestId } = header;
  const received = clock.monotonic();
  const request = readRequest(body);
  const digest = toHex(await sha256(request?.inner.length ? request.inner : body));

  const earlier = journal.find(requestId);
  if (earlier?.state === 'intent') return undefined;
  if (earlier?.digest === digest)
    return packReply(deps, header, request?.inner.length ? digest : undefined, earlier);
  if (earlier !== undefined) return answer({ kind: 'replayed' });

  if (request === undefined) return answer({ kind: 'agentFault' }, EVENTS.inputRefused);
  const { started, succeeded } = OPERATIONS[request.operation];
  const left = remaining(request, clock.now(), journal.highWater());
  if (left === undefined || request.expires !== header.expires) return answer({ kind: 'expired' });

  const passwords = await openPasswords(deps, requestId, request);
  if (passwords === undefined) return answer({ kind: 'undecryptable' });

  log.info({ event: started, requestId, person: request.cloudAnchor }, `${request.operation} started`);
  const located = deps.locate(request.cloudAnchor);
  if (located.kind !== 'found') {
    const fields = { requestId, person: request.cloudAnchor, why: located.why };
    log.warn(fields, 'the person has no account to write to');
    return answer({ kind: located.kind });
  }
  const { forest, objectGuid } = located;
  const directory = deps.directoryOf(forest);
  if (directory === undefined) return answer({ kind: 'notFound' });

  const { operation, expires } = request;
  let intended: Intent | undefined;
  const { outcome: answered, policy } = await carryOut(directory, {
    request,
    passwords,
    objectGuid,
    stillValid: () => clock.monotonic() - received <= left,
    onBeforeWrite(before) {
      intended = {
        requestId,
        digest,
        operation,
        forest,
        objectGuid,
        before,
        intendedAt: clock.now(),
        expires,
      };
      journal.intend(intended);
    },
  });
  const outcome = answered.kind === 'unknown' && intended ? await resolve(intended) : answered;
  return answer(outcome, outcome.kind === 'applied' ? succeeded : undefined, policy);

  async function resolve({ before, intendedAt }: Intent): Promise<DirectoryOutcome> {
    log.warn(
      { requestId, controller: before.controller },
      'the answer to a write was lost; asking the directory',
    );
    const sentAt = Math.max(intendedAt, clock.now());
    const password = passwords?.next;
    return resolveLost(directory as WritebackDirectory, {
      ...{ operation, objectGuid, before, sentAt },
      ...(password && { password }),
    });
  }

  function answer(told: DirectoryOutcome, event = eventOf(told), policy?: PersonPolicy): Promise<Uint8Array> {
    const { kind, diagnosis } = told;
    // A replay leaves the entry of the true request as it is; a dry run wrote nothing that could be repeated.
    if (kind !== 'replayed' && request?.operation !== 'dryRun') {
      journal.settle({ requestId, digest, expires: header.expires, outcome: told, event });
    }
    const fields = { event, requestId, outcome: kind, person: request?.cloudAnchor, diagnosis };
    if (kind === 'applied') log.info(fields, 'answered: applied');
    else log.warn({ ...fields, advice: adviceFor(told) }, `answered: ${kind}`);
    const sealed = request?.inner.length ? digest : undefined;
    return packReply(deps, header, sealed, { outcome: told, event, ...(policy && { policy }) });
  }
}

function eventOf({ kind }: Outcome): number {
  return OUTCOMES[kind].event ?? EVENTS.resetSucceeded;
}

/** A package that is not authentic is dropped in silence: whoever forged it learns nothing. */
async function unwrap({ tenantId, agentId, keys, log }: ServeDeps, frame: Uint8Array) {
  try {
    const { type, agentId: addressee } = decodeFrameHeader(frame);
    if (type !== 'request' || addressee !== agentId) return undefined;
    return await unpack(frame, tenantId, (id) => keys.byPackageKeyId(id)?.package);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    log.warn(
      { event: EVENTS.cannotDecrypt, code: error.code },
      'a message was dropped: it is not from our cloud',
    );
    return undefined;
  }
}

function readRequest(body: Bytes): RequestBody | undefined {
  try {
    return decodeRequest(body);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

async function openPasswords({ tenantId, keys }: ServeDeps, requestId: string, request: RequestBody) {
  if (OPERATIONS[request.operation].password === 'none') return {};
  try {
    return await open(
      request.inner,
      { ...request, tenantId, requestId },
      (id) => keys.byPasswordKeyId(id)?.password.privateKey,
    );
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

/** @param digest of the sealed passwords, hex; undefined for an operation without */
export async function packReply(
  { tenantId, agentId, keys }: Pick<ServeDeps, 'tenantId' | 'agentId' | 'keys'>,
  { requestId, expires }: Pick<FrameHeader, 'requestId' | 'expires'>,
  digest: string | undefined,
  told: Reply,
): Promise<Uint8Array> {
  const sealedDigest = digest === undefined ? undefined : fromHex(digest);
  const binding = { tenantId, agentId, requestId, ...(sealedDigest && { sealedDigest }) };
  // One generation signs and packs, also when another becomes the current one in between.
  const { identity, package: packageKey } = keys.current;
  const body = await signReply(told, binding, identity.privateKey);
  return pack({ header: { type: 'reply', agentId, requestId, expires }, body }, tenantId, packageKey);
}
