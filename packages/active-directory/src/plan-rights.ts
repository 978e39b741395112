import { MASK } from './access-check.ts';
import { type PeopleRight, RIGHTS, type Right } from './directory-rights.ts';
import { parentDn, sameDn } from './distinguished-name.ts';
import { type DsaclsLine, grantLine, removalLine } from './dsacls-line.ts';
import { explicitAces, isHeld } from './evaluate-rights.ts';
import { readDescriptor, showDeleted } from './read-descriptor.ts';
import type { Trustee } from './read-token.ts';
import { type OuRights, PEOPLE_RIGHTS, type RightsReport } from './report-rights.ts';
import { ACE_FLAG, type Ace, type SecurityDescriptor } from './security-descriptor.ts';
import type { Session } from './session-pool.ts';

/** One change to one object's DACL: exactly these ACEs, nothing else. */
export type RightsStep = {
  dn: string;
  right: Right;
  add: Ace[];
  remove: Ace[];
  /** `CN=Deleted Objects` lets nobody change its DACL before its owner is set */
  takeOwnership: boolean;
  /** for those who prefer to do it themselves */
  dsacls: DsaclsLine[];
};

export type RightsPlan = { trustee: Trustee; steps: RightsStep[] };

const GENERIC_READ = MASK.readControl | MASK.listContents | MASK.readProperty | MASK.listObject;

/**
 * The least that gives these rights: an ACE where inheritance starts, one more where it is blocked, and the
 * removal of what denies the account itself. What denies a group that the account is in is left alone: it is
 * somebody's decision about others.
 */
export async function planGrant(
  session: Session,
  report: RightsReport,
  rights: readonly Right[],
): Promise<RightsPlan> {
  const steps: RightsStep[] = [];
  const add = async (dn: string, right: Right, ace: Ace | undefined) => {
    const descriptor = await descriptorFor(session, report, dn);
    const denials = ownAces(descriptor, report, right, 'deny');
    if (ace || denials.length > 0) steps.push(stepOf(report, dn, right, ace ? [ace] : [], denials));
  };
  for (const right of rights) {
    if (isPeopleRight(right)) {
      for (const ou of ousToGrant(report.ous, right)) await add(ou.dn, right, aceFor(report, right));
      for (const ou of report.ous)
        for (const person of ou.exceptions)
          if (person.missing.includes(right)) await add(person.dn, right, undefined);
    } else if (!isHeld(domainRight(report, right).evaluated)) {
      await add(domainRight(report, right).dn, right, aceFor(report, right));
    }
  }
  return { trustee: report.trustee, steps };
}

/** Removes the account's own ACEs for these rights. What it has through a group, or by default, stays. */
export async function planRevoke(
  session: Session,
  report: RightsReport,
  rights: readonly Right[],
): Promise<RightsPlan> {
  const steps: RightsStep[] = [];
  for (const right of rights) {
    const places = isPeopleRight(right) ? report.ous.map((ou) => ou.dn) : [domainRight(report, right).dn];
    for (const dn of places) {
      const own = ownAces(await descriptorFor(session, report, dn), report, right, 'allow');
      if (own.length > 0) steps.push(stepOf(report, dn, right, [], own));
    }
  }
  return { trustee: report.trustee, steps };
}

/** Undoes a plan that was applied. */
export function reversePlan(plan: RightsPlan): RightsPlan {
  const steps = plan.steps.map((step) => ({
    ...step,
    add: step.remove,
    remove: step.add,
    takeOwnership: false,
    dsacls: step.add.length > 0 ? [removalLine(step.dn, plan.trustee)] : [],
  }));
  return { trustee: plan.trustee, steps: steps.reverse() };
}

/** OUs that need an ACE of their own: the topmost that lack the right, and those that would not inherit it. */
function ousToGrant(ous: readonly OuRights[], right: PeopleRight): OuRights[] {
  const lacking = ous.filter((ou) => ou.rights !== 'unreadable' && !isHeld(ou.rights[right]));
  return lacking.filter(
    (ou) => ou.blocksInheritance || !lacking.some((above) => sameDn(above.dn, parentDn(ou.dn) ?? '')),
  );
}

function isPeopleRight(right: Right): right is PeopleRight {
  return (PEOPLE_RIGHTS as readonly Right[]).includes(right);
}

function domainRight(report: RightsReport, right: Exclude<Right, PeopleRight>) {
  if (RIGHTS[right] === 'domain') return { dn: report.domain.dn, evaluated: report.domain.unexpirePassword };
  if (RIGHTS[right] === 'passwordSettings')
    return { dn: report.passwordSettings.dn, evaluated: report.passwordSettings.readPsos };
  return { dn: report.deletedObjects.dn, evaluated: report.deletedObjects.readDeletedObjects };
}

function aceFor(report: RightsReport, right: Right): Ace {
  const sid = report.trustee.sid;
  if (right === 'readPsos') return { kind: 'allow', flags: ACE_FLAG.container, mask: GENERIC_READ, sid };
  // Read control, too: without it the account could not see afterwards that it has the other two.
  if (right === 'readDeletedObjects')
    return { kind: 'allow', flags: 0, mask: MASK.listContents | MASK.readProperty | MASK.readControl, sid };
  const [access] = report.definitions.rights[right].access;
  // All of them, as people's own attributes are many: the few that count belong to no common set.
  const objectType = right === 'readAccount' ? undefined : access?.objectTypes[0];
  const ace: Ace = {
    kind: 'allow',
    flags: isPeopleRight(right) ? ACE_FLAG.container | ACE_FLAG.inheritOnly : 0,
    mask: access?.mask ?? 0,
    sid,
    // The attribute alone, not the property set that it belongs to.
    ...(objectType === undefined ? {} : { objectType }),
  };
  return isPeopleRight(right) ? { ...ace, inheritedType: report.definitions.userClass } : ace;
}

function stepOf(report: RightsReport, dn: string, right: Right, add: Ace[], remove: Ace[]): RightsStep {
  const takeOwnership = right === 'readDeletedObjects' && add.length > 0;
  return {
    dn,
    right,
    add,
    remove,
    takeOwnership,
    dsacls: [
      ...(remove.length > 0 ? [removalLine(dn, report.trustee)] : []),
      ...(add.length > 0 ? grantLine(dn, right, report.trustee, report.definitions) : []),
    ],
  };
}

function descriptorFor(session: Session, report: RightsReport, dn: string) {
  return readDescriptor(session.connection, dn, dn === report.deletedObjects.dn ? [showDeleted()] : []);
}

function ownAces(
  descriptor: SecurityDescriptor | undefined,
  report: RightsReport,
  right: Right,
  kind: 'allow' | 'deny',
): Ace[] {
  const definition = report.definitions.rights[right];
  const own = descriptor ? explicitAces(descriptor, report.trustee.sid, definition) : [];
  return own.filter((ace) => ace.kind === kind);
}
