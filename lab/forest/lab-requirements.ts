import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from './errors.ts';
import { mustRun } from './run-command.ts';

const PACKAGE_LIST = join(import.meta.dirname, '../../tools/debian-packages.sh');
const PROGRAMS = [
  '/usr/sbin/samba',
  '/usr/bin/samba-tool',
  '/usr/bin/kinit',
  '/usr/bin/openssl',
  '/usr/bin/python3',
];

/** @throws {LabError} ERR_LAB_NOT_ROOT or ERR_LAB_PACKAGES_MISSING, saying what to do */
export async function requireLabMachine(userId = process.getuid?.()): Promise<void> {
  if (userId !== 0) {
    throw new LabError(
      'ERR_LAB_NOT_ROOT',
      'The lab needs root: its directory listens on ports below 1024 and on a loopback address of its own. ' +
        `Run it again as root, with these packages installed:${await installLine()}`,
    );
  }
  await requirePrograms(PROGRAMS);
}

/** @throws {LabError} ERR_LAB_PACKAGES_MISSING, saying what to do */
export async function requirePrograms(programs: readonly string[]): Promise<void> {
  const missing = await missingOf(programs);
  if (missing.length === 0) return;
  throw new LabError(
    'ERR_LAB_PACKAGES_MISSING',
    `The lab needs ${missing.join(', ')}. Run make lab-up, or install:${await installLine()}`,
  );
}

async function installLine(): Promise<string> {
  return `\n  ${(await mustRun('bash', [PACKAGE_LIST, 'line'])).trim()}`;
}

async function missingOf(programs: readonly string[]): Promise<string[]> {
  const present = await Promise.all(
    programs.map((program) =>
      stat(program).then(
        () => true,
        () => false,
      ),
    ),
  );
  return programs.filter((_program, index) => !present[index]);
}
