import { sealReply } from './sealed-frames.ts';
import type { WritebackDeps } from './serve-deps.ts';

/** As many in one go: a long backlog is told over some rounds, and leaves the link free for what is new. */
const BATCH = 128;

/**
 * Tells outcomes that the cloud has not acknowledged, again and again: on each link that becomes ready, and every
 * half minute. The cloud keeps the first answer to each request, so a repeat does no harm.
 */
export function outcomeSender(
  deps: Pick<WritebackDeps, 'tenantId' | 'agentId' | 'keys' | 'journal' | 'send'>,
): () => Promise<void> {
  let after = 0;
  let running: Promise<void> | undefined;

  async function sendBatch(): Promise<void> {
    const batch = deps.journal.unacknowledged(after, BATCH);
    after = batch.length < BATCH ? 0 : (batch.at(-1)?.at ?? 0);
    for (const ended of batch) {
      const told = { outcome: ended.outcome, event: ended.event };
      const frame = await sealReply(deps, ended, ended.isSealed ? ended.digest : undefined, told);
      if (!deps.send(frame)) return;
    }
  }

  return () => {
    running ??= sendBatch().finally(() => {
      running = undefined;
    });
    return running;
  };
}
