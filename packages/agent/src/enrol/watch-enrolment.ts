/** A running agent's look at its own enrolment: `writeback disable` ends it, whoever runs it and however long ago. */
import { existsSync } from 'node:fs';
import type { AgentLog } from '../log.ts';
import { type Enrolment, readEnrolment } from './enrolment-file.ts';

export type WatchEnrolmentDeps = {
  stateFolder: string;
  enrolment: Pick<Enrolment, 'agentId'>;
  log: AgentLog;
  /** called once, when this agent is enrolled no more */
  onEnded: () => void;
  /** ms between two looks */
  every?: number;
};

/** ms */
export const ENROLMENT_LOOK_EVERY = 2_000;

/** @returns how to stop looking */
export function watchEnrolment(deps: WatchEnrolmentDeps): () => void {
  const timer = setInterval(() => {
    if (isEnrolled(deps)) return;
    clearInterval(timer);
    // The end of the enrolment is an event already: of the command that ended it.
    deps.log.warn({}, 'this machine is no agent any more: the running agent stops');
    deps.onEnded();
  }, deps.every ?? ENROLMENT_LOOK_EVERY);
  timer.unref();
  return () => clearInterval(timer);
}

/** A folder that cannot be looked into, as while a disk is away, is no word about the enrolment. */
function isEnrolled({ stateFolder, enrolment }: WatchEnrolmentDeps): boolean {
  try {
    const found = readEnrolment(stateFolder);
    if (found === undefined) return !existsSync(stateFolder);
    return found.agentId === enrolment.agentId;
  } catch {
    return true;
  }
}
