/**
 * One request at the agent, from sealed bytes to sealed answer: refuse what is not for us, too old or seen
 * before; open; locate the person; let the directory decide; answer. Checks that cost little and tell a sender
 * nothing come first.
 */
import type { Bytes } from '@homeward/protocol/bytes';
import { sha256, toHex } from '@homeward/protocol/bytes';
import { ProtocolError } from '@homeward/protocol/errors';
import { EVENTS } from '@homeward/protocol/event';
import { decodeFrameHeader, type FrameHeader } from '@homeward/protocol/frame';
import { open } from '@homeward/protocol/open';
import { FLAGS, OPERATIONS } from '@homeward/protocol/operation';
import { type Evidence, OUTCOMES, type Outcome } from '@homeward/protocol/outcome';
import { pack, unpack } from '@homeward/protocol/package';
import type { Password } from '@homeward/protocol/password';
import { signReply } from '@homeward/protocol/reply';
import { decodeRequest, type RequestBody } from '@homeward/protocol/request';
import type { AgentKeys } from '../keys/key-store.ts';
import type { AgentLog } from '../log.ts';
import type { Journal } from './journal.ts';
import type { Located } from './locate-user.ts';
import { remaining } from './time-window.ts';

export type ServeDeps = {
  tenantId: string;
  agentId: string;
  keys: AgentKeys;
  journal: Journal;
  locate: (cloudAnchor: string) => Located;
  writerFor: (forest: string) => PasswordWriter | undefined;
  clock: { now: () => number; monotonic: () => number };
  log: AgentLog;
};

/** What the active-directory package offers for one forest. */
export type PasswordWriter = {
  resetPassword: (
    target: { objectGuid: string },
    password: Password,
    options: {
      mustChange: boolean;
      unlockToo: boolean;
      stillValid: () => boolean;
      onBeforeWrite: (before: Pick<Evidence, 'versionBefore' | 'invocationId'>) => void;
    },
  ) => Promise<Outcome>;
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
  const digest = toHex(await sha256(body));
  const request = readRequest(body);

  const earlier = journal.find(requestId);
  if (earlier?.state === 'intent') return undefined;
  if (earlier?.digest === digest) return reply(deps, header, request?.inner, earlier.outcome, earlier.event);
  if (earlier !== undefined) return answer({ kind: 'replayed' });

  if (request === undefined) return answer({ kind: 'agentFault' }, EVENTS.inputRefused);
  const { started, succeeded } = OPERATIONS[request.operation];
  const left = remaining(request, clock.now(), journal.highWater());
  if (left === undefined || request.expires !== header.expires) return answer({ kind: 'expired' });

  const passwords = await openPasswords(deps, requestId, request);
  if (passwords === undefined) return answer({ kind: 'undecryptable' });
  if (request.operation !== 'reset' || passwords.next === undefined)
    return answer({ kind: 'refusedByAgent' });

  log.info({ event: started, requestId, person: request.cloudAnchor }, `${request.operation} started`);
  const located = deps.locate(request.cloudAnchor);
  if (located.kind !== 'found') {
    log.warn(
      { requestId, person: request.cloudAnchor, why: located.why },
      'the person has no account to write to',
    );
    return answer({ kind: located.kind });
  }
  const { forest, objectGuid } = located;
  const writer = deps.writerFor(forest);
  if (writer === undefined) return answer({ kind: 'notFound' });

  const outcome = await writer.resetPassword({ objectGuid }, passwords.next, {
    mustChange: (request.flags & FLAGS.mustChange) !== 0,
    unlockToo: (request.flags & FLAGS.unlockToo) !== 0,
    stillValid: () => clock.monotonic() - received <= left,
    onBeforeWrite: ({ versionBefore, invocationId }) =>
      journal.intend({
        requestId,
        digest,
        operation: request.operation,
        forest,
        objectGuid,
        versionBefore,
        invocationId,
        expires: request.expires,
      }),
  });
  return answer(outcome, outcome.kind === 'applied' ? succeeded : undefined);

  function answer(told: Outcome, event = eventOf(told)): Promise<Uint8Array> {
    if (told.kind !== 'replayed')
      journal.settle({ requestId, digest, expires: header.expires, outcome: told, event });
    const level = told.kind === 'applied' ? 'info' : 'warn';
    log[level](
      { event, requestId, outcome: told.kind, ...(request && { person: request.cloudAnchor }) },
      `answered: ${told.kind}`,
    );
    return reply(deps, header, request?.inner, told, event);
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
    return await unpack(frame, tenantId, (id) => (id === keys.package.id ? keys.package : undefined));
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
  try {
    return await open(request.inner, { ...request, tenantId, requestId }, (id) =>
      id === keys.password.id ? keys.password.privateKey : undefined,
    );
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

async function reply(
  { tenantId, agentId, keys }: ServeDeps,
  { requestId, expires }: FrameHeader,
  inner: Bytes | undefined,
  outcome: Outcome,
  event: number,
): Promise<Uint8Array> {
  const sealedDigest = inner?.length ? await sha256(inner) : undefined;
  const binding = { tenantId, agentId, requestId, ...(sealedDigest && { sealedDigest }) };
  const body = await signReply({ outcome, event }, binding, keys.identity.privateKey);
  return pack({ header: { type: 'reply', agentId, requestId, expires }, body }, tenantId, keys.package);
}
