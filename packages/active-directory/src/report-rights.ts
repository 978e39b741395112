import {
  type PeopleRight,
  RIGHTS,
  type Right,
  type RightDefinitions,
  readRightDefinitions,
} from './directory-rights.ts';
import { isBelowOrAt, parentDn, sameDn, splitDn } from './distinguished-name.ts';
import type { DirectoryEntry } from './entry.ts';
import {
  type EvaluatedRight,
  evaluateBelow,
  evaluateOnObject,
  isHeld,
  missingRights,
  type Token,
} from './evaluate-rights.ts';
import {
  descriptorOf,
  READABLE_PARTS,
  readDescriptor,
  SecurityDescriptorFlagsControl,
  showDeleted,
} from './read-descriptor.ts';
import { readToken, readTrustee, type Trustee } from './read-token.ts';
import { DESCRIPTOR, type SecurityDescriptor } from './security-descriptor.ts';
import type { Session } from './session-pool.ts';

export const PEOPLE_RIGHTS = (Object.keys(RIGHTS) as Right[]).filter(
  (right): right is PeopleRight => RIGHTS[right] === 'people',
);

/** Rights on people directly below one OU; `unreadable` where its descriptor may not be read. */
export type OuRights = {
  dn: string;
  rights: Record<PeopleRight, EvaluatedRight> | 'unreadable';
  /** inheritance from above is blocked here */
  blocksInheritance: boolean;
  /** people whose own descriptor takes rights away that the OU gives; at most 100 */
  exceptions: { dn: string; missing: Right[] }[];
};

export type RightsReport = {
  trustee: Trustee;
  marker: string;
  domain: { dn: string; unexpirePassword: EvaluatedRight };
  passwordSettings: { dn: string; readPsos: EvaluatedRight };
  deletedObjects: { dn: string; readDeletedObjects: EvaluatedRight };
  ous: OuRights[];
  definitions: RightDefinitions;
};

export type RightsQuery = {
  /** DN to report on, with everything below it; the whole domain where absent */
  ou?: string;
  marker: string;
  /** look at each person's own descriptor, too */
  inspectPeople: boolean;
};

const MAX_EXCEPTIONS = 100;

/** Evaluated with the token that the controller made for this connection, never guessed from a refusal. */
export async function reportRights(
  session: Session,
  account: string,
  query: RightsQuery,
): Promise<RightsReport> {
  const { facts } = session;
  const definitions = await readRightDefinitions(session, query.marker);
  const token = await readToken(session);
  const domain = facts.baseDn;
  const passwordSettings = `CN=Password Settings Container,CN=System,${domain}`;
  const deletedObjects = `CN=Deleted Objects,${domain}`;
  const onObject = async (dn: string, right: Right, controls = [] as ReturnType<typeof showDeleted>[]) => {
    const descriptor = await readDescriptor(session.connection, dn, controls);
    const missing: EvaluatedRight = { state: 'missing' };
    return descriptor ? evaluateOnObject(descriptor, token, definitions.rights[right]) : missing;
  };
  return {
    trustee: await readTrustee(session, account),
    marker: query.marker,
    domain: { dn: domain, unexpirePassword: await onObject(domain, 'unexpirePassword') },
    passwordSettings: { dn: passwordSettings, readPsos: await onObject(passwordSettings, 'readPsos') },
    deletedObjects: {
      dn: deletedObjects,
      readDeletedObjects: await onObject(deletedObjects, 'readDeletedObjects', [showDeleted()]),
    },
    ous: await reportOus(session, token, definitions, query),
    definitions,
  };
}

/** Rights on one person's own descriptor; undefined where it may not be read. */
export async function rightsOnPerson(
  session: Session,
  personDn: string,
  marker: string,
): Promise<Record<PeopleRight, EvaluatedRight> | undefined> {
  const descriptor = await readDescriptor(session.connection, personDn);
  if (!descriptor) return undefined;
  const definitions = await readRightDefinitions(session, marker);
  return evaluatePerson(descriptor, await readToken(session), definitions);
}

async function reportOus(
  session: Session,
  token: Token,
  definitions: RightDefinitions,
  query: RightsQuery,
): Promise<OuRights[]> {
  const base = query.ou ?? session.facts.baseDn;
  const found: DirectoryEntry[] = [];
  const pages = session.connection.pages(
    {
      base: session.facts.baseDn,
      filter:
        '(|(objectClass=domainDNS)(objectClass=organizationalUnit)(&(objectClass=container)(cn=Users)))',
      attributes: ['nTSecurityDescriptor'],
      controls: [new SecurityDescriptorFlagsControl(READABLE_PARTS)],
    },
    200,
  );
  for await (const page of pages) found.push(...page);
  // Parents first: whether something is cut shows only against what is above.
  const ous = found.sort((a, b) => splitDn(a.dn).length - splitDn(b.dn).length);
  const evaluated = new Map<string, OuRights>();
  for (const ou of ous) {
    const parent = [...evaluated.values()].find((known) => sameDn(known.dn, parentDn(ou.dn) ?? ''));
    evaluated.set(ou.dn, evaluateOu(ou.dn, descriptorOf(ou), token, definitions, parent));
  }
  const report = [...evaluated.values()].filter((ou) => isBelowOrAt(ou.dn, base));
  if (query.inspectPeople)
    for (const ou of report) ou.exceptions = await exceptionsIn(session, token, definitions, ou);
  return report;
}

function evaluateOu(
  dn: string,
  descriptor: SecurityDescriptor | undefined,
  token: Token,
  definitions: RightDefinitions,
  parent: OuRights | undefined,
): OuRights {
  if (!descriptor) return { dn, rights: 'unreadable', blocksInheritance: false, exceptions: [] };
  const above = parent === undefined || parent.rights === 'unreadable' ? undefined : parent.rights;
  const evaluate = (right: PeopleRight) =>
    evaluateBelow(descriptor, token, definitions.rights[right], definitions, above?.[right]);
  return {
    dn,
    rights: Object.fromEntries(PEOPLE_RIGHTS.map((right) => [right, evaluate(right)])) as Record<
      PeopleRight,
      EvaluatedRight
    >,
    blocksInheritance: (descriptor.control & DESCRIPTOR.daclProtected) !== 0,
    exceptions: [],
  };
}

async function exceptionsIn(
  session: Session,
  token: Token,
  definitions: RightDefinitions,
  ou: OuRights,
): Promise<OuRights['exceptions']> {
  const exceptions: OuRights['exceptions'] = [];
  const rights = ou.rights;
  if (rights === 'unreadable') return exceptions;
  const pages = session.connection.pages(
    {
      base: ou.dn,
      scope: 'one',
      filter: '(&(objectCategory=person)(sAMAccountType=805306368))',
      attributes: ['nTSecurityDescriptor'],
      controls: [new SecurityDescriptorFlagsControl(READABLE_PARTS)],
    },
    200,
  );
  for await (const page of pages)
    for (const person of page) {
      const descriptor = descriptorOf(person);
      const own = descriptor && evaluatePerson(descriptor, token, definitions);
      const missing = (own ? missingRights(own) : PEOPLE_RIGHTS).filter((right) =>
        isHeld(rights[right as PeopleRight]),
      );
      if (missing.length > 0 && exceptions.push({ dn: person.dn, missing }) >= MAX_EXCEPTIONS)
        return exceptions;
    }
  return exceptions;
}

function evaluatePerson(descriptor: SecurityDescriptor, token: Token, definitions: RightDefinitions) {
  return Object.fromEntries(
    PEOPLE_RIGHTS.map((right) => [right, evaluateOnObject(descriptor, token, definitions.rights[right])]),
  ) as Record<PeopleRight, EvaluatedRight>;
}
