import type { Bytes } from '@homeward/protocol/bytes';
import {
  type DeclineReason,
  decodeOffer,
  encodeClaim,
  encodeDecline,
  type Offer,
} from '@homeward/protocol/control';
import type { FrameHeader } from '@homeward/protocol/frame';
import { FLAGS, type Operation } from '@homeward/protocol/operation';
import { MOST_IN_FLIGHT } from './in-flight.ts';
import { sealFrame } from './sealed-frames.ts';
import type { ServeDeps } from './serve-deps.ts';
import { CLOCK_TOLERANCE } from './time-window.ts';

/**
 * Claims what this agent can serve, or says why another one may do better. What no agent may do is claimed, too,
 * and answered with its outcome. Reading the account begins here and is not waited for: with the request that
 * follows, only the write is left to do.
 *
 * @throws {ProtocolError} ERR_CONTROL_MALFORMED
 */
export async function takeOffer(
  deps: ServeDeps,
  header: FrameHeader,
  body: Bytes,
): Promise<Bytes | undefined> {
  const { requestId, expires } = header;
  if (expires + CLOCK_TOLERANCE < deps.clock.now()) return undefined;
  const offer = decodeOffer(body);
  const reason = whyNot(deps, requestId, offer);
  if (reason === undefined)
    return sealFrame(deps, { type: 'claim', requestId, expires }, encodeClaim(offer.number));
  deps.log.info({ requestId, reason }, 'an offer was declined: another agent may do better');
  const declined = encodeDecline({ offer: offer.number, reason });
  return sealFrame(deps, { type: 'decline', requestId, expires }, declined);
}

/** Begins to read where nothing stands against it. */
function whyNot(deps: ServeDeps, requestId: string, offer: Offer): DeclineReason | undefined {
  const { flight, prepared, health } = deps;
  if (deps.isStopping()) return 'stopping';
  if (flight.count() + prepared.count() >= MOST_IN_FLIGHT) return 'busy';
  const located = deps.locate(offer.cloudAnchor);
  if (located.kind !== 'found') return undefined;
  const { forest, objectGuid } = located;
  const directory = deps.directoryOf(forest);
  if (directory === undefined) return 'notServed';
  if (health.isDown(forest) && !offer.isLast) return 'directoryUnreachable';
  const operation = WRITES[offer.operation];
  if (operation === undefined) return undefined;
  const mustChange = operation === 'reset' && (offer.flags & FLAGS.mustChange) !== 0;
  const reading = directory
    .prepare({ objectGuid }, { operation, mustChange, fence: operation !== 'unlock' })
    .then((read) => {
      health.note(forest, read);
      return read.kind === 'prepared' ? read : undefined;
    });
  prepared.put(requestId, objectGuid, reading);
  return undefined;
}

const WRITES: Readonly<Record<Operation, 'reset' | 'change' | 'unlock' | undefined>> = {
  reset: 'reset',
  adminReset: 'reset',
  change: 'change',
  unlock: 'unlock',
  verify: undefined,
  dryRun: undefined,
};
