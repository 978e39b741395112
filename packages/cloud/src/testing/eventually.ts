import { expect } from 'vitest';

/** `expect.poll` for what a busy machine takes its time for: vitest itself gives up after a second. */
export function eventually<T>(read: () => T): ReturnType<typeof expect.poll<T>> {
  return expect.poll(read, { timeout: 30_000 });
}
