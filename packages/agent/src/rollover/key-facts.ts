import { identityFingerprint } from '@homeward/protocol/enrolment';
import type { AgentConfig } from '../config.ts';
import { loadKeys } from '../keys/key-store.ts';
import { readRolloverFacts, rolloverRequestedAt } from './rollover-files.ts';

export type KeyFacts = {
  /** number of the generation that signs */
  current: number;
  /** oldest first; times in Unix ms */
  generations: { number: number; madeAt: number; state: 'current' | 'next' | 'retiring' }[];
  retiring: number[];
  /** of the identity key in use */
  fingerprint: string;
  /** Unix ms */
  nextRollover: number;
  isRequested: boolean;
  /** why keys could not be rolled over yet */
  problem: string | undefined;
};

/** From the state folder alone, also beside a running agent. @throws {AgentError} ERR_KEYS_MISSING */
export async function keyFacts({
  stateFolder,
  keyLifetimeDays,
}: Pick<AgentConfig, 'stateFolder' | 'keyLifetimeDays'>): Promise<KeyFacts> {
  const keys = await loadKeys(stateFolder);
  const told = readRolloverFacts(stateFolder);
  // Without a word of the agent: as it would start.
  const used = (told && keys.byNumber(told.current)) ?? keys.current;
  const generations = keys.all.map(({ number, madeAt }) => ({
    number,
    madeAt,
    state:
      number === used.number
        ? ('current' as const)
        : number < used.number
          ? ('retiring' as const)
          : ('next' as const),
  }));
  return {
    current: used.number,
    generations,
    retiring: generations.filter(({ state }) => state === 'retiring').map(({ number }) => number),
    fingerprint: await identityFingerprint(used.identity.publicKey),
    nextRollover: keys.newest.madeAt + keyLifetimeDays * 86_400_000,
    isRequested: (rolloverRequestedAt(stateFolder) ?? 0) > keys.newest.madeAt,
    problem: told?.problem,
  };
}
