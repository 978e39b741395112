/**
 * Limits of the agents' side that end when a test says so, and not because this machine is busy: where a limit is
 * real, a process that was not scheduled for a moment is taken for an agent that is slow.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, vi } from 'vitest';
import type { WebSocket } from 'ws';

/** ms; longer than any test waits */
export const LIMITS = { patience: 60_000, claimWithin: 60_000, answerWithin: 60_000 };

afterEach(() => {
  vi.useRealTimers();
});

/** From now on timers that are set run out by `limitsEnd` alone. */
export function holdLimits(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
}

/** Every limit that was set since `holdLimits` has passed. */
export function limitsEnd(): void {
  // The last agent that is asked has twice as long to claim.
  vi.advanceTimersByTime(2 * Math.max(...Object.values(LIMITS)));
}

/** Whatever was sent on this link by now has come, and what it leads to has had a moment. */
export async function hasCome(socket: WebSocket): Promise<void> {
  const heard = once(socket, 'pong');
  socket.ping();
  await heard;
  await sleep(50);
}
