/**
 * One request at the agent, from sealed bytes to sealed answer: refuse what is not for us, too old or seen
 * before; open; locate the person; let the directory decide; answer. Checks that cost little and tell a sender
 * nothing come first.
 */
import { createHash } from 'node:crypto';
import { type EvidenceBefore, isFresh, type Prepared } from '@homeward/active-directory';
import type { Bytes } from '@homeward/protocol/bytes';
import { EVENTS } from '@homeward/protocol/event';
import type { FrameHeader } from '@homeward/protocol/frame';
import { OPERATIONS } from '@homeward/protocol/operation';
import type { RequestBody } from '@homeward/protocol/request';
import { type Answer, answering } from './answer-request.ts';
import { carryOut, type WritebackDirectory } from './carry-out.ts';
import type { Arrived, Intent } from './journal.ts';
import type { Located } from './locate-user.ts';
import { openPasswords, type Passwords, readRequest } from './open-request.ts';
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

function placeOf(deps: OperationDeps, located: Located): Place | undefined {
  const directory = located.kind === 'found' ? deps.directoryOf(located.forest) : undefined;
  if (located.kind !== 'found' || directory === undefined) return undefined;
  return { forest: located.forest, objectGuid: located.objectGuid, directory };
}

function sameEvidence(one: Prepared['evidence'], other: EvidenceBefore): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
