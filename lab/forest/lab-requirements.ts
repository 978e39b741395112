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
  const missing = await missingPrograms();
  const install = async () => `\n  ${(await mustRun('bash', [PACKAGE_LIST, 'line'])).trim()}`;
  if (userId !== 0) {
    throw new LabError(
      'ERR_LAB_NOT_ROOT',
      'The lab needs root: its directory listens on ports below 1024 and on a loopback address of its own. ' +
        `Run it again as root, with these packages installed:${await install()}`,
    );
  }
  if (missing.length > 0) {
    throw new LabError(
      'ERR_LAB_PACKAGES_MISSING',
      `The lab needs ${missing.join(', ')}. Run make lab-up, or install:${await install()}`,
    );
  }
}

async function missingPrograms(): Promise<string[]> {
  const present = await Promise.all(
    PROGRAMS.map((program) =>
      stat(program).then(
        () => true,
        () => false,
      ),
    ),
  );
  return PROGRAMS.filter((_program, index) => !present[index]);
}
