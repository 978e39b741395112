import type { Bytes } from '@homeward/protocol/bytes';
import { ProtocolError } from '@homeward/protocol/errors';
import type { FrameHeader } from '@homeward/protocol/frame';
import type { Id } from '@homeward/protocol/id';
import { operationOfCode } from '@homeward/protocol/operation';
import { OUTCOMES } from '@homeward/protocol/outcome';
import { decodeRequest } from '@homeward/protocol/request';
import { sealReply } from './sealed-frames.ts';
import type { ServeDeps } from './serve-deps.ts';

/** Under way at once. Each is a few reads: a cloud with a thousand people at the gates in a second has fewer. */
export const MOST_DRY_RUNS = 32;
/** In a minute. A cloud asks once in a flow, after a code that it mails ten times in ten minutes at most. */
export const MOST_OF_A_PERSON = 20;
/** Different people in a minute: what is counted is kept in memory. */
const MOST_PEOPLE = 10_000;
const WINDOW = 60_000;

type Serve = (header: FrameHeader, body: Bytes) => Promise<void>;

/**
 * Dry runs write nothing, so neither offers, grants nor the breaker hold them back. One that is too many asks no
 * directory and is answered with `notStarted`: the cloud goes on without the rules, and the order asks by itself.
 */
export function limitDryRuns(deps: ServeDeps, serve: Serve): Serve {
  const { clock, log } = deps;
  const asked = new Map<Id, number>();
  let windowEnds = 0;
  let wasTold = false;
  let underWay = 0;

  function isTooMany(person: Id): boolean {
    if (clock.monotonic() >= windowEnds) {
      asked.clear();
      wasTold = false;
      windowEnds = clock.monotonic() + WINDOW;
    }
    const before = asked.get(person) ?? 0;
    if (before >= MOST_OF_A_PERSON || (before === 0 && asked.size >= MOST_PEOPLE)) return true;
    asked.set(person, before + 1);
    return underWay >= MOST_DRY_RUNS;
  }

  return async (header, body) => {
    const person = personOfDryRun(body);
    if (person === undefined) return serve(header, body);
    if (isTooMany(person)) {
      const { requestId } = header;
      // Once a minute: whoever sends so many shall not fill the log as well.
      if (!wasTold)
        log.warn({ requestId, reason: 'busy', underWay }, 'dry runs are refused: too many are asked for');
      wasTold = true;
      const outcome = { kind: 'notStarted' } as const;
      const event = OUTCOMES.notStarted.event;
      deps.send(await sealReply(deps, header, undefined, { outcome, event }));
      return;
    }
    underWay += 1;
    try {
      await serve(header, body);
    } finally {
      underWay -= 1;
    }
  };
}

/** undefined: no dry run, or none that can be read, which asks no directory either */
function personOfDryRun(body: Bytes): Id | undefined {
  if (operationOfCode(body[0] ?? 0) !== 'dryRun') return undefined;
  try {
    return decodeRequest(body).cloudAnchor;
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
