import { sealReply } from './sealed-frames.ts';
import type { WritebackDeps } from './serve-deps.ts';

const BATCH = 64;
/** A longer backlog is told over some rounds, and leaves the link free for what is new. */
const BATCHES = 16;

/**
 * Tells outcomes that the cloud has not acknowledged, again and again: on each link that becomes ready, and every
 * half minute. The cloud keeps the first answer to each request, so a repeat does no harm.
 */
export function outcomeSender(
  deps: Pick<WritebackDeps, 'tenantId' | 'agentId' | 'keys' | 'journal' | 'send'>,
): () => Promise<void> {
  let after = 0;
  let running: Promise<void> | undefined;

  async function sendRound(): Promise<void> {
    for (let index = 0; index < BATCHES; index++) {
      const batch = deps.journal.unacknowledged(after, BATCH);
      for (const ended of batch) {
        const told = { outcome: ended.outcome, event: ended.event };
        const frame = await sealReply(deps, ended, ended.isSealed ? ended.digest : undefined, told);
        if (!deps.send(frame)) return;
        after = ended.at;
      }
      if (batch.length === BATCH) continue;
      after = 0;
      return;
    }
  }

  return () => {
    running ??= sendRound().finally(() => {
      running = undefined;
    });
    return running;
  };
}
