import { mustChangeAtNextLogon } from './account-change.ts';
import type { ControllerFacts } from './controller-facts.ts';
import { ConnectionLost, DirectoryError } from './errors.ts';
import { guidDn } from './guid.ts';
import type { Target, WriteDeps } from './write-account.ts';

/**
 * Samba with policy hints compares the minimum age with the `pwdLastSet` that the same modify writes, so a reset
 * with `pwdLastSet: 0` is "too young" always, even without a minimum age (seen on 4.25.1). There the flag is a
 * modify of its own.
 */
export function needsSecondModify(facts: ControllerFacts): boolean {
  return facts.vendor !== undefined && facts.policyHints !== undefined;
}

/** Asks for another password at next logon; may be sent again. False where it could not be set. */
export async function requireChange(deps: WriteDeps, controller: string, target: Target): Promise<boolean> {
  for (let attempt = 1; attempt <= 2; attempt++)
    try {
      await deps.controllers.withController(controller, ({ connection }) =>
        connection.modify(guidDn(target.objectGuid), [mustChangeAtNextLogon()]),
      );
      return true;
    } catch (error) {
      if (!(error instanceof DirectoryError)) throw error;
      deps.log.warn(
        { controller, code: error.code },
        'The password is set, but not yet marked to be changed.',
      );
      if (!(error instanceof ConnectionLost)) return false;
    }
  return false;
}
