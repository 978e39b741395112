import type { Prepared } from '@homeward/active-directory';

/** A claim that is not granted after this, in ms, went to another agent, or nowhere. */
const FORGOTTEN_AFTER = 10_000;

/** What was read for offers whose requests have not come yet, by request id. */
export type PreparedWrites = {
  put: (requestId: string, objectGuid: string, reading: Promise<Prepared | undefined>) => void;
  /** Once; undefined where nothing was read, or where it could not be. */
  take: (requestId: string) => Promise<Prepared | undefined>;
  /** What was read about a person before somebody wrote to them here tells no truth about the next write. */
  spoil: (objectGuid: string) => void;
  count: () => number;
};

/** @param now monotonic ms */
export function preparedWrites(now: () => number): PreparedWrites {
  type Waiting = { objectGuid: string; at: number; reading: Promise<Prepared | undefined> };
  const waiting = new Map<string, Waiting>();
  const forgetOld = () => {
    for (const [requestId, { at }] of waiting) {
      if (now() - at < FORGOTTEN_AFTER) return;
      waiting.delete(requestId);
    }
  };
  return {
    put(requestId, objectGuid, reading) {
      forgetOld();
      waiting.delete(requestId);
      waiting.set(requestId, { objectGuid, at: now(), reading: reading.catch(() => undefined) });
    },
    async take(requestId) {
      const found = waiting.get(requestId);
      waiting.delete(requestId);
      return found?.reading;
    },
    spoil(objectGuid) {
      for (const [requestId, entry] of waiting)
        if (entry.objectGuid === objectGuid) waiting.delete(requestId);
    },
    count() {
      forgetOld();
      return waiting.size;
    },
  };
}
