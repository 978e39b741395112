import type { KeyRing } from '../keys/key-ring.ts';
import type { AgentLog } from '../log.ts';
import type { WritebackDirectory } from './carry-out.ts';
import type { DirectoryHealth } from './directory-health.ts';
import type { InFlight } from './in-flight.ts';
import type { Journal } from './journal.ts';
import type { LocalRules } from './local-rules.ts';
import type { Located } from './locate-user.ts';
import type { PersonTurns } from './person-turns.ts';
import type { PreparedWrites } from './prepared-writes.ts';

/** What writeback is given by the agent around it. */
export type WritebackDeps = {
  tenantId: string;
  agentId: string;
  keys: KeyRing;
  journal: Journal;
  locate: (cloudAnchor: string) => Located;
  directoryOf: (forest: string) => WritebackDirectory | undefined;
  /** none: everything is allowed that the directory allows */
  rules?: LocalRules;
  /** on any link that is open. @returns false where none is */
  send: (frame: Uint8Array) => boolean;
  /** `now` in Unix ms; `monotonic` in ms, and not moved by whoever sets the clock */
  clock: { now: () => number; monotonic: () => number };
  log: AgentLog;
};

/** And what its own parts share while it runs. */
export type ServeDeps = WritebackDeps & {
  flight: InFlight;
  turns: PersonTurns;
  prepared: PreparedWrites;
  health: DirectoryHealth;
  counts: { served: number; applied: number };
  isStopping: () => boolean;
};
