/** How a command asks the running agent for a cycle: by a file in the state folder, answered by another. */
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ForestId } from '@homeward/sync';
import type { ForestRun } from './open-sync-runner.ts';

export type RunRequest = { id: string; full: boolean };

/** How each forest's cycle went. */
export type RunAnswer = { runs: (ForestRun | FailedRun)[] };
export type FailedRun = {
  forest: ForestId;
  domain: string;
  /** `reason`: of a `ConnectionFailure`, with the controller that was asked */
  error: { code: string | undefined; message: string; reason?: string; controller?: string };
};

const REQUEST = 'sync-request';
const ANSWER = 'sync-answer';

export function askForRun(stateFolder: string, request: RunRequest): void {
  write(join(stateFolder, `${REQUEST}-${request.id}.json`), request);
}

/** Whatever is asked for, once. */
export function takeRunRequests(stateFolder: string): RunRequest[] {
  return filesOf(stateFolder, REQUEST).flatMap((path) => {
    const request = take<RunRequest>(path);
    return request === undefined ? [] : [request];
  });
}

export function answerRun(stateFolder: string, requests: readonly RunRequest[], answer: RunAnswer): void {
  for (const { id } of requests) write(join(stateFolder, `${ANSWER}-${id}.json`), answer);
}

/** undefined while there is none */
export function takeRunAnswer(stateFolder: string, { id }: RunRequest): RunAnswer | undefined {
  return take<RunAnswer>(join(stateFolder, `${ANSWER}-${id}.json`));
}

/** Whoever asked for them has gone. */
export function forgetRunAnswers(stateFolder: string): void {
  for (const path of filesOf(stateFolder, ANSWER)) rmSync(path, { force: true });
}

function filesOf(stateFolder: string, kind: string): string[] {
  const names = readdirSync(stateFolder).filter(
    (name) => name.startsWith(`${kind}-`) && name.endsWith('.json'),
  );
  return names.map((name) => join(stateFolder, name));
}

function take<T>(path: string): T | undefined {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as T;
    rmSync(path, { force: true });
    return value;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    if (error instanceof SyntaxError) return void rmSync(path, { force: true });
    throw error;
  }
}

function write(path: string, value: unknown): void {
  writeFileSync(`${path}.draft`, JSON.stringify(value), { mode: 0o600 });
  renameSync(`${path}.draft`, path);
}
