import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { unreadable } from '../unreadable.ts';
import { type Check, type CheckGroup, fail, pass, skip, warn } from './check.ts';
import { memoryCheck } from './memory-checks.ts';
import type { MemoryFacts } from './memory-facts.ts';

/** `engines` of the product; `node:sqlite` and the certificate store need it. */
const OLDEST_NODE = [24, 18, 0];
const OTHERS = 0o077;

export function machineChecks(deps: {
  nodeVersion: string;
  stateFolder: string;
  memory: () => MemoryFacts;
  rules: Check;
}): CheckGroup {
  return {
    title: 'This machine',
    checks: [
      { id: 'node', title: 'Node.js', run: async () => nodeVersion(deps.nodeVersion) },
      { id: 'state', title: 'State folder', run: () => stateFolder(deps.stateFolder) },
      deps.rules,
      memoryCheck(deps.memory),
    ],
  };
}

function nodeVersion(version: string) {
  const parts = version.replace(/^v/, '').split('.').map(Number);
  const older = OLDEST_NODE.map((oldest, at) => Math.sign((parts[at] ?? 0) - oldest)).find(Boolean) === -1;
  if (!older) return pass(`${version}.`);
  return fail(`${version} is too old.`, `Install Node.js ${OLDEST_NODE.slice(0, 2).join('.')} or later.`);
}

/** Keys and the names of everybody lie in it. */
async function stateFolder(path: string) {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error)
    return found.code === 'ENOENT'
      ? skip(`${path} is made when this agent is enrolled.`)
      : fail(`${unreadable(path, found)}.`, 'Give it to the account that the agent runs as.');
  if (!found.isDirectory()) return fail(`${path} is no folder.`, 'Name another stateFolder.');
  const usable = await access(path, constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!usable) return fail(`${path} cannot be written.`, 'Give it to the account that the agent runs as.');
  if ((found.mode & OTHERS) !== 0)
    return warn(`${path} is open to other accounts of this machine.`, `Close it: chmod 700 ${path}`);
  return pass(`${path}, for its owner only.`);
}
