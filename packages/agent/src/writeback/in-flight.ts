/** More than this at once and another agent may do better. */
export const MOST_IN_FLIGHT = 64;

/** Requests that this process works on, so that none is begun twice; and how busy that makes it. */
export type InFlight = {
  /** @returns false where it is under way already */
  begin: (requestId: string) => boolean;
  end: (requestId: string) => void;
  has: (requestId: string) => boolean;
  count: () => number;
};

export function inFlight(): InFlight {
  const all = new Set<string>();
  return {
    begin(requestId) {
      if (all.has(requestId)) return false;
      all.add(requestId);
      return true;
    },
    end: (requestId) => void all.delete(requestId),
    has: (requestId) => all.has(requestId),
    count: () => all.size,
  };
}
