import { ConnectionFailure, outcomeOfFailure } from './connection-failure.ts';
import type { PolicyHintsOid } from './controller-facts.ts';
import { type Controllers, isEmulator } from './controllers.ts';
import type { DirectoryOutcome } from './diagnosis.ts';
import { textOf } from './entry.ts';
import type { Clock } from './settings.ts';

/** Whether a password could be written now, tried and not remembered. */
export type DirectoryProbe =
  | {
      reachable: true;
      controller: string;
      /** `fSMORoleOwner` names this controller; false while another one stands in */
      pdcProven: boolean;
      /** undefined: history cannot be enforced on a reset here */
      policyHints: PolicyHintsOid | undefined;
      /** the controller's clock minus ours; LDAP gives whole seconds */
      clockOffsetMs: number | undefined;
    }
  | { reachable: false; outcome: DirectoryOutcome };

export async function probeDirectory(controllers: Controllers, clock: Clock): Promise<DirectoryProbe> {
  try {
    return await controllers.withWriter(async (session) => {
      const root = await session.connection.read('', ['currentTime']);
      const time = root && textOf(root, 'currentTime');
      const { facts } = session;
      return {
        reachable: true,
        controller: facts.host,
        pdcProven: isEmulator(session),
        policyHints: facts.policyHints,
        clockOffsetMs: time === undefined ? undefined : generalizedTimeToUnix(time) - clock.now(),
      };
    });
  } catch (error) {
    if (error instanceof ConnectionFailure) return { reachable: false, outcome: outcomeOfFailure(error) };
    throw error;
  }
}

/** `20261121015602.0Z` (RFC 4517 section 3.3.13), as [MS-ADTS] 3.1.1.3.2.8 gives currentTime. */
export function generalizedTimeToUnix(text: string): number {
  const part = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/.exec(text)?.slice(1).map(Number);
  const [year = Number.NaN, month = 0, day = 0, hour = 0, minute = 0, second = 0] = part ?? [];
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
