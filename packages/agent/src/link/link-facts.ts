import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LinkFacts } from './link-pair.ts';

const FILE = 'links.json';

/** Leaves in the state folder how the running agent's links are, for `status`, which is another process. */
export function writeLinkFacts(stateFolder: string, links: readonly LinkFacts[]): void {
  const path = join(stateFolder, FILE);
  writeFileSync(`${path}.draft`, JSON.stringify(links), { mode: 0o600 });
  renameSync(`${path}.draft`, path);
}

export function clearLinkFacts(stateFolder: string): void {
  rmSync(join(stateFolder, FILE), { force: true });
}

/** What the agent said last; it holds only while the agent runs. Undefined where it never said anything. */
export function readLinkFacts(stateFolder: string): LinkFacts[] | undefined {
  try {
    return JSON.parse(readFileSync(join(stateFolder, FILE), 'utf8')) as LinkFacts[];
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
