import type { AgentDeps } from '../service.ts';

const LIMIT = 10_000;

/** The cloud's clock minus this one, ms, to a second or two; undefined where it cannot be asked. */
export async function cloudOffset(
  cloudUrl: string | undefined,
  { fetch, clock }: Pick<AgentDeps, 'fetch' | 'clock'>,
): Promise<number | undefined> {
  if (cloudUrl === undefined) return undefined;
  const before = clock.now();
  try {
    const response = await fetch(cloudUrl, { redirect: 'manual', signal: AbortSignal.timeout(LIMIT) });
    await response.body?.cancel();
    const time = Date.parse(response.headers.get('date') ?? '');
    // The header has whole seconds: on the average, half of one is lost.
    return Number.isNaN(time) ? undefined : time + 500 - (before + clock.now()) / 2;
  } catch {
    // Whatever the fault, there is no time to compare with, and that is said.
    return undefined;
  }
}
