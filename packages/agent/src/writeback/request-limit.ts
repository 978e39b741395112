import { setImmediate as otherWork } from 'node:timers/promises';
import type { Bytes } from '@homeward/protocol/bytes';
import { ProtocolError } from '@homeward/protocol/errors';
import { EVENTS } from '@homeward/protocol/event';
import type { FrameHeader } from '@homeward/protocol/frame';
import type { Id } from '@homeward/protocol/id';
import { OUTCOMES } from '@homeward/protocol/outcome';
import { decodeRequest } from '@homeward/protocol/request';
import { MOST_IN_FLIGHT } from './in-flight.ts';
import { sealReply } from './sealed-frames.ts';
import type { ServeDeps } from './serve-deps.ts';
import { CLOCK_TOLERANCE, LONGEST_LIFE } from './time-window.ts';

/** Under way at once. Offers are declined from MOST_IN_FLIGHT on; of those claimed before, some come late. */
export const MOST_REQUESTS = 2 * MOST_IN_FLIGHT;
/** Of one person: they wait for each other, and shall not take everybody's place. A cloud has one open, and late ones. */
export const MOST_OF_ONE = 8;
/** Waiting for their refusal, each of which has to reach the disk. */
export const MOST_REFUSALS = 256;
const TOLD_EVERY = 60_000;

type Serve = (header: FrameHeader, body: Bytes) => Promise<void>;

/**
 * Writes that are too many at once ask no directory, are buried, and answered with `notStarted`: the person may try
 * again at once. The breaker counts what is written; this bounds what is held in memory, and what waits for a
 * directory. Of a flood most is not answered either: the cloud asks what became of it, and hears the same then.
 */
export function limitRequests(deps: ServeDeps, serve: Serve): Serve {
  const { clock, flight, journal, log } = deps;
  const ofPerson = new Map<Id, number>();
  let underWay = 0;
  const refused = new Set<Id>();
  let refusing = Promise.resolve();
  let toldUntil = 0;

  async function counting(person: Id, work: () => Promise<void>): Promise<void> {
    underWay += 1;
    ofPerson.set(person, (ofPerson.get(person) ?? 0) + 1);
    try {
      await work();
    } finally {
      underWay -= 1;
      const left = (ofPerson.get(person) ?? 1) - 1;
      if (left > 0) ofPerson.set(person, left);
      else ofPerson.delete(person);
    }
  }

  async function refuse(header: FrameHeader): Promise<void> {
    const { requestId, expires } = header;
    if (clock.monotonic() >= toldUntil) {
      toldUntil = clock.monotonic() + TOLD_EVERY;
      const fields = { event: EVENTS.requestRefused, requestId, reason: 'busy', underWay };
      log.warn(fields, 'requests are refused: the cloud sends too many at once');
    }
    if (refused.size >= MOST_REFUSALS) return;
    refused.add(requestId);
    refusing = refusing.then(() => otherWork());
    try {
      await refusing;
      // On disk before the answer: the same request may come again, and must not be carried out after it.
      journal.entomb(requestId, Math.max(expires, clock.now() + LONGEST_LIFE + CLOCK_TOLERANCE));
      const told = { outcome: { kind: 'notStarted' }, event: OUTCOMES.notStarted.event } as const;
      deps.send(await sealReply(deps, header, undefined, told));
    } finally {
      refused.delete(requestId);
    }
  }

  return (header, body) => {
    const { requestId } = header;
    const person = personOfWrite(body);
    if (person === undefined) return serve(header, body);
    // Its refusal is on its way: carried out now, it would be told wrong.
    if (refused.has(requestId)) return Promise.resolve();
    const isTooMany = underWay >= MOST_REQUESTS || (ofPerson.get(person) ?? 0) >= MOST_OF_ONE;
    // One that is known is not carried out again, and is answered from the journal.
    const isNew = () => !flight.has(requestId) && journal.find(requestId) === undefined;
    return isTooMany && isNew() ? refuse(header) : counting(person, () => serve(header, body));
  };
}

/** undefined: a dry run, or nothing that can be read, which asks no directory either */
function personOfWrite(body: Bytes): Id | undefined {
  try {
    const { operation, cloudAnchor } = decodeRequest(body);
    return operation === 'dryRun' ? undefined : cloudAnchor;
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
