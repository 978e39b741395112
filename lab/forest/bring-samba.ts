import type { SambaRelease } from './forest-description.ts';
import { forkySamba } from './forky-samba.ts';
import { type Samba, sambaOn } from './samba-version.ts';

/** @throws {LabError} ERR_LAB_SAMBA_MISSING */
export async function bringSamba(release: SambaRelease, say: (text: string) => void): Promise<Samba> {
  return release === 'forky' ? await forkySamba(say) : await sambaOn([]);
}
