/**
 * One request at the agent, from sealed bytes to sealed answer: refuse what is not for us, too old or seen
 * before; open; locate the person; let the directory decide; answer. Checks that cost little and tell a sender
 * nothing come first.
 */
import { createHash } from 'node:crypto';
import {
  type DirectoryOutcome,
  type EvidenceBefore,
  isFresh,
  type Prepared,
} from '@homeward/active-directory';
import type { Bytes } from '@homeward/protocol/bytes';
import { ProtocolError } from '@homeward/protocol/errors';
import { EVENTS } from '@homeward/protocol/event';
import type { FrameHeader } from '@homeward/protocol/frame';
import { open } from '@homeward/protocol/open';
import { OPERATIONS } from '@homeward/protocol/operation';
import { OUTCOMES, type Outcome } from '@homeward/protocol/outcome';
import type { PersonPolicy } from '@homeward/protocol/policy';
import { decodeRequest, type RequestBody } from '@homeward/protocol/request';
import { adviceFor } from '../advice/advice-for.ts';
import { carryOut, type WritebackDirectory } from './carry-out.ts';
import type { Arrived, Intent } from './journal.ts';
import type { Located } from './locate-user.ts';
import type { Resolver } from './resolve-unsettled.ts';
import { sealReply } from './sealed-frames.ts';
import type { ServeDeps } from './serve-deps.ts';
import { remaining } from './time-window.ts';

export type OperationDeps = ServeDeps & { resolver: Pick<Resolver, 'resolve'> };

/** @returns one function that serves requests, several at once, each at most once; it sends their answers itself */
export function operationServer(deps: OperationDeps): (header: FrameHeader, body: Bytes) => Promise<void> {
  const { flight } = deps;
  return async (header, body) => {
    if (!flight.begin(header.requestId)) return;
    try {
      await serveOperation(deps, header, body);
    } finally {
      flight.end(header.requestId);
    }
  };
}

async function serveOperation(deps: OperationDeps, header: FrameHeader, body: Bytes): Promise<void> {
  const { journal, clock } = deps;
  const { requestId, expires } = header;
  const received = clock.monotonic();
  const request = readRequest(body);
  const isSealed = request !== undefined && request.inner.length > 0;
  const digest = createHash('sha256')
    .update(isSealed ? request.inner : body)
    .digest('hex');
  const arrived = { requestId, digest, isSealed, expires };
  const answer = answering(deps, arrived, request);

  const earlier = journal.find(requestId);
  if (earlier?.state === 'intent') return;
  if (earlier?.state === 'tombstone' || earlier?.digest === digest)
    return void deps.send(
      await sealReply(deps, header, earlier.isSealed ? earlier.digest : undefined, earlier),
    );
  if (earlier !== undefined) return answer({ kind: 'replayed' });

  deps.counts.served += 1;
  if (request === undefined) return answer({ kind: 'agentFault' }, { event: EVENTS.inputRefused });
  const left = remaining(request, clock.now(), journal.highWater());
  if (left === undefined || request.expires !== expires) return answer({ kind: 'expired' });
  // By both clocks: the monotonic one may stand still while the machine sleeps, the other one can be set back.
  const stillValid = () =>
    clock.monotonic() - received <= left &&
    remaining(request, clock.now(), journal.highWater()) !== undefined;

  const opening = openPasswords(deps, requestId, request);
  opening.catch(() => {});
  const located = deps.locate(request.cloudAnchor);
  const place = placeOf(deps, located);
  // Whoever hands frames over need not wait until the directory has told what became of a lost write.
  const lost = Promise.withResolvers<void>();
  const job = { arrived, request, opening, located, place, stillValid, onLost: lost.resolve };
  const serve = () => write(deps, job, answer);
  if (place === undefined || request.operation === 'dryRun') return serve();
  return Promise.race([deps.turns(place.objectGuid, serve), lost.promise]);
}

type Place = { forest: string; objectGuid: string; directory: WritebackDirectory };
type Passwords = Awaited<ReturnType<typeof open>>;
type Job = {
  arrived: Arrived;
  request: RequestBody;
  /** undefined: does not open */
  opening: Promise<Passwords | undefined>;
  located: Located;
  place: Place | undefined;
  stillValid: () => boolean;
  onLost: () => void;
};

async function write(deps: OperationDeps, job: Job, answer: Answer): Promise<void> {
  const { journal, clock, log, rules, health } = deps;
  const { arrived, request, place, located } = job;
  const { requestId } = arrived;
  const { operation, flags, cloudAnchor: person } = request;
  let intended: Intent | undefined;
  let onDisk: Promise<void> | undefined;

  /** Once, and again where the evidence was read anew. */
  function intend(before: EvidenceBefore, { forest, objectGuid }: Place): void {
    if (intended !== undefined && sameEvidence(intended.before, before)) return;
    const intent = { ...arrived, operation, flags, forest, objectGuid, before, intendedAt: clock.now() };
    if (intended === undefined) journal.intend(intent);
    else journal.amend(intent);
    intended = intent;
    onDisk = journal.onDisk();
    onDisk.catch(() => {});
  }

  const prepared = await deps.prepared.take(requestId);
  // On disk while the envelope is being opened. One that does not open settles it, and nothing was written.
  // An offer for one person and a request for another under one id must not mix up what is known of them.
  const isTheirs = prepared?.target.objectGuid === place?.objectGuid;
  if (place && prepared && isTheirs && isFresh(prepared, clock.now()) && request.operation !== 'dryRun')
    intend(prepared.evidence, place);
  try {
    const passwords = await job.opening;
    if (passwords === undefined) return await answer({ kind: 'undecryptable' }, { intended });
    const { started } = OPERATIONS[operation];
    // Written down when the write has left: a slow disk under the log is in nobody's way.
    setImmediate(() => log.info({ event: started, requestId, person, operation }, `${operation} started`));
    if (located.kind !== 'found') {
      log.warn({ requestId, person, why: located.why }, 'the person has no account to write to');
      return await answer({ kind: located.kind });
    }
    if (place === undefined) return await answer({ kind: 'notFound' });
    const { forest, objectGuid, directory } = place;
    const { outcome, policy } = await carryOut(directory, {
      ...{ requestId, request, passwords, objectGuid, prepared, stillValid: job.stillValid },
      permit({ dn, sid, groups }) {
        const now = clock.now();
        const refused =
          rules?.check({ operation, forest, objectGuid, dn, sid, groups, now }) ??
          (operation === 'dryRun' ? undefined : rules?.countWrite(forest, now));
        if (refused === undefined) return undefined;
        const { rule, detail } = refused;
        return {
          kind: 'refusedByAgent',
          diagnosis: { reason: 'againstLocalRules', rule: `${rule}: ${detail}` },
        };
      },
      onBeforeWrite(before) {
        intend(before, place);
        return onDisk;
      },
    });
    deps.prepared.spoil(objectGuid);
    health.note(forest, outcome);
    if (outcome.kind !== 'unknown' || intended === undefined)
      return await answer(outcome, { intended, policy });
    await resolve(intended, passwords);
  } catch (err) {
    if (intended === undefined || journal.find(requestId)?.state !== 'intent') throw err;
    // Whatever broke, it did not say what became of the write.
    log.error({ event: EVENTS.unknownError, requestId, err }, 'a request broke off after its intent');
    await resolve(intended, {});
  }

  async function resolve(intent: Intent, { next }: Passwords): Promise<void> {
    const { controller } = intent.before;
    log.warn({ requestId, controller }, 'the answer to a write was lost; asking the directory');
    job.onLost();
    await deps.resolver.resolve({ intent, sentAt: clock.now(), ...(next && { password: next }) });
  }
}

type Answer = (
  told: DirectoryOutcome,
  more?: { event?: number; policy?: PersonPolicy | undefined; intended?: Intent | undefined },
) => Promise<void>;

function answering(deps: OperationDeps, arrived: Arrived, request: RequestBody | undefined): Answer {
  const { journal, log, counts } = deps;
  return async (outcome, { event = eventOf(outcome, request), policy, intended } = {}) => {
    const { kind, diagnosis } = outcome;
    const { requestId, digest, isSealed } = arrived;
    // A replay leaves the entry of the true request as it is; a dry run wrote nothing that could be repeated.
    const isJournalled = kind !== 'replayed' && request?.operation !== 'dryRun';
    // Without an intent on disk a repeat would be carried out after it was answered.
    if (isJournalled && intended === undefined) journal.settle(arrived, { outcome, event });
    const reply = { outcome, event, ...(policy && { policy }) };
    deps.send(await sealReply(deps, arrived, isSealed ? digest : undefined, reply));
    // With one, the person need not wait for the disk: if the process dies in between, the intent is resolved by
    // evidence, and the cloud keeps the first answer.
    if (isJournalled && intended !== undefined) journal.settle(arrived, { outcome, event });
    if (kind === 'applied' && isJournalled) counts.applied += 1;
    const { operation, cloudAnchor: person } = request ?? {};
    const { evidence } = outcome;
    const fields = { event, requestId, operation, outcome: kind, person, diagnosis, evidence };
    if (kind === 'applied') log.info(fields, 'answered: applied');
    else log.warn({ ...fields, advice: adviceFor(outcome) }, `answered: ${kind}`);
  };
}

function eventOf({ kind }: Outcome, request: RequestBody | undefined): number {
  return OUTCOMES[kind].event ?? OPERATIONS[request?.operation ?? 'reset'].succeeded;
}

function placeOf(deps: OperationDeps, located: Located): Place | undefined {
  const directory = located.kind === 'found' ? deps.directoryOf(located.forest) : undefined;
  if (located.kind !== 'found' || directory === undefined) return undefined;
  return { forest: located.forest, objectGuid: located.objectGuid, directory };
}

function sameEvidence(one: Prepared['evidence'], other: EvidenceBefore): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function readRequest(body: Bytes): RequestBody | undefined {
  try {
    return decodeRequest(body);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

/** All that does not open is one answer, without saying why. */
async function openPasswords({ tenantId, keys }: OperationDeps, requestId: string, request: RequestBody) {
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
