/** How a command asks the running agent for new keys, and what the agent leaves for `status` and `keys show`. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** For people; never read back by the rollover, whose truth is which generations are there. Times in Unix ms. */
export type RolloverFacts = {
  /** number of the generation that signs */
  current: number;
  retiring: { number: number; mayGoAfter: number }[];
  /** why keys could not be rolled over yet */
  problem?: string;
};

const REQUEST = 'roll-requested';
const FACTS = 'rollover.json';

/** @param at Unix ms */
export function requestRollover(stateFolder: string, at: number): void {
  write(stateFolder, REQUEST, { at });
}

/** When the rollover was asked for that is still to come, Unix ms. */
export function rolloverRequestedAt(stateFolder: string): number | undefined {
  return read<{ at: number }>(stateFolder, REQUEST)?.at;
}

export function clearRolloverRequest(stateFolder: string): void {
  rmSync(join(stateFolder, 'keys', REQUEST), { force: true });
}

export function writeRolloverFacts(stateFolder: string, facts: RolloverFacts): void {
  write(stateFolder, FACTS, facts);
}

export function readRolloverFacts(stateFolder: string): RolloverFacts | undefined {
  return read<RolloverFacts>(stateFolder, FACTS);
}

function write(stateFolder: string, name: string, content: object): void {
  const path = join(stateFolder, 'keys', name);
  mkdirSync(join(stateFolder, 'keys'), { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.new`, `${JSON.stringify(content)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

function read<Content>(stateFolder: string, name: string): Content | undefined {
  try {
    return JSON.parse(readFileSync(join(stateFolder, 'keys', name), 'utf8')) as Content;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
