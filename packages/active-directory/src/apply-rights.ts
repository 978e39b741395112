import { Attribute, Change } from 'ldapts';
import type { LdapConnection } from './ldap-connection.ts';
import type { RightsPlan, RightsStep } from './plan-rights.ts';
import { PARTS, readDescriptor, SecurityDescriptorFlagsControl, showDeleted } from './read-descriptor.ts';
import {
  ACE_FLAG,
  type Ace,
  printSecurityDescriptor,
  type SecurityDescriptor,
} from './security-descriptor.ts';
import type { Session } from './session-pool.ts';

/** BUILTIN\Administrators, as `dsacls /takeownership` sets it for a member. */
const ADMINISTRATORS = 'S-1-5-32-544';

/**
 * Writes a plan with the rights of the session's account (WRITE_DAC, so an administrator's). Only the DACL
 * travels; ACEs that the plan does not name are written back as they were read.
 * @throws {LdapRefusal} at the first step that is refused; steps before it are done
 */
export async function applyPlan(session: Session, plan: RightsPlan): Promise<void> {
  for (const step of plan.steps) await applyStep(session.connection, step);
}

async function applyStep(connection: LdapConnection, step: RightsStep): Promise<void> {
  const extra = step.right === 'readDeletedObjects' ? [showDeleted()] : [];
  const write = (parts: number, descriptor: SecurityDescriptor) =>
    connection.modify(
      step.dn,
      [
        new Change({
          operation: 'replace',
          modification: new Attribute({
            type: 'nTSecurityDescriptor',
            values: [printSecurityDescriptor(descriptor)],
          }),
        }),
      ],
      [new SecurityDescriptorFlagsControl(parts), ...extra],
    );
  if (step.takeOwnership) await write(PARTS.owner, { control: 0, owner: ADMINISTRATORS });
  const current = await readDescriptor(connection, step.dn, extra);
  const acl = current?.dacl ?? { revision: 4, aces: [] };
  const aces = changeAces(acl.aces, step);
  if (aces.every((ace, at) => ace === acl.aces[at]) && aces.length === acl.aces.length) return;
  await write(PARTS.dacl, { control: current?.control ?? 0, dacl: { revision: 4, aces } });
}

/** The order stays canonical ([MS-DTYP] 2.4.5): own denials, own grants, then what is inherited. */
export function changeAces(aces: readonly Ace[], step: Pick<RightsStep, 'add' | 'remove'>): Ace[] {
  const kept = aces.filter((ace) => !step.remove.some((gone) => sameAce(ace, gone)));
  const added = step.add.filter((ace) => !kept.some((there) => sameAce(ace, there)));
  const rank = (ace: Ace) =>
    ace.kind !== 'other' && ace.flags & ACE_FLAG.inherited ? 2 : ace.kind === 'deny' ? 0 : 1;
  let result = kept;
  for (const ace of added) {
    const at = result.findLastIndex((there) => rank(there) <= rank(ace)) + 1;
    result = result.toSpliced(at, 0, ace);
  }
  return result;
}

function sameAce(a: Ace, b: Ace): boolean {
  if (a.kind === 'other' || b.kind === 'other') return false;
  return (
    a.kind === b.kind &&
    a.flags === b.flags &&
    a.mask === b.mask &&
    a.sid === b.sid &&
    a.objectType === b.objectType &&
    a.inheritedType === b.inheritedType
  );
}
