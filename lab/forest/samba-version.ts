import { type Mount, withMounts } from './private-mounts.ts';
import { mustRun } from './run-command.ts';

/** One version of Samba's programs, and the mounts that they run on. */
export type Samba = { version: string; mounts: Mount[] };

export async function sambaOn(mounts: Mount[]): Promise<Samba> {
  const said = await mustRun(...withMounts(mounts, ['samba', ['--version']]));
  return { version: /\d+\.\d+\.\d+/.exec(said)?.[0] ?? said.trim(), mounts };
}
