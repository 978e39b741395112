/** For the tests of cycles that are killed: where a cycle is killed is said by how far it came, not by a clock. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import type { ScimServer } from './scim-server.fixture.ts';

export type KillPlace = {
  /** `words`: what the process said on its standard output, a byte each; `requests`: what the cloud carried out */
  after: 'words' | 'requests';
  count: number;
  /** ms later */
  later: number;
};

/**
 * Runs a script of one cycle and kills it there. More requests than it should get to are left without an answer,
 * so that it cannot have ended before, however late this process is at looking.
 * @returns whether it was killed
 */
export async function killedCycle(
  [script, round, folder]: readonly [script: string, round: number, folder: string],
  server: ScimServer,
  { after, count, later }: KillPlace,
): Promise<boolean> {
  const before = server.requests.length;
  server.serves = after === 'requests' ? count : 0;
  const child = spawn(process.execPath, [script, String(round), folder, server.url], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(child, 'exit');
  let words = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    words += chunk.length;
  });
  const isThere = () => (after === 'words' ? words : server.requests.length - before) >= count;
  while (!isThere() && child.exitCode === null) await setTimeout(1);
  await setTimeout(later);
  child.kill('SIGKILL');
  await ended;
  server.serves = Number.POSITIVE_INFINITY;
  return child.signalCode === 'SIGKILL';
}
