import type { Bytes } from '@homeward/protocol/bytes';
import type { FrameHeader } from '@homeward/protocol/frame';
import { KEPT_FOR } from './journal.ts';
import { sealReply } from './sealed-frames.ts';
import type { ServeDeps } from './serve-deps.ts';
import { CLOCK_TOLERANCE, LONGEST_LIFE } from './time-window.ts';

const FORGOTTEN = 'asked about a request so old that the journal may have forgotten it: its end is unknown';

/**
 * What became of a request, as the journal knows it. For one that never came a tombstone is on disk before the
 * answer leaves: the request may still lie in the buffer of the other link, and must not be carried out any more.
 *
 * @returns a reply; undefined while it is under way: its own reply comes
 */
export async function answerWhatOf(deps: ServeDeps, header: FrameHeader): Promise<Bytes | undefined> {
  const { journal, flight, clock, log } = deps;
  const { requestId } = header;
  if (flight.has(requestId)) return undefined;
  if (journal.find(requestId) === undefined) {
    // By the latest time ever seen: a clock that was once ahead made entries go before their day was over.
    const isForgotten = header.expires < Math.max(clock.now(), journal.highWater()) - KEPT_FOR;
    const told = isForgotten ? 'unknown' : 'notStarted';
    // Kept for as long as such a request could be valid, whatever the question says.
    journal.entomb(requestId, Math.max(header.expires, clock.now() + LONGEST_LIFE + CLOCK_TOLERANCE), told);
    log.info(
      { requestId },
      isForgotten ? FORGOTTEN : 'asked about a request that never came: it will not be carried out',
    );
  }
  const entry = journal.find(requestId);
  if (entry === undefined || entry.state === 'intent') return undefined;
  const { outcome, event } = entry;
  return sealReply(deps, header, entry.isSealed ? entry.digest : undefined, { outcome, event });
}
