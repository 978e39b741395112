import { join } from 'node:path';
import type { Controller } from '../forest/controller.ts';
import { mustRun } from '../forest/run-command.ts';
import type { LabPerson } from '../lab-file.ts';

const READ = join(import.meta.dirname, 'read-written-passwords.py');

export type WrittenPasswords = {
  /** of `unicodePwd`, one more with each write */
  version: number;
  /** Unix ms, whole seconds: when the newest one was */
  lastWrittenAt: number;
  /** newest first: an index into the passwords that were asked about, or null for another one */
  written: (number | null)[];
};

/** Asks the controller's own database, of all people at once. The controller may be stopped. */
export async function readWrittenPasswords(
  { place }: Controller,
  tried: ReadonlyMap<LabPerson, readonly string[]>,
): Promise<Map<string, WrittenPasswords>> {
  const input = JSON.stringify(
    Object.fromEntries([...tried].map(([{ objectGuid }, passwords]) => [objectGuid, passwords])),
  );
  const configuration = join(place.shortPath, 'smb.conf');
  const database = join(place.shortPath, 'private/sam.ldb');
  const printed = await mustRun('/usr/bin/python3', [READ, configuration, database], { input });
  const byGuid = JSON.parse(printed) as Record<string, WrittenPasswords>;
  return new Map(
    [...tried.keys()].flatMap((person) => {
      const told = byGuid[person.objectGuid];
      return told === undefined ? [] : [[person.userName, told] as const];
    }),
  );
}
