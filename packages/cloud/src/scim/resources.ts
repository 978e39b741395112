/** People and groups as SCIM resources, and back (RFC 7643 sections 4.1 and 4.2). */
import type { DirectoryGroup, Group } from '../people/group.ts';
import type { DirectoryPerson, Person } from '../people/person.ts';
import { SCHEMAS, type ScimGroup, type ScimUser } from './messages.ts';

export function personOf(user: ScimUser): DirectoryPerson {
  const directory = user[SCHEMAS.directory];
  const mail = user.emails?.find((email) => email.primary) ?? user.emails?.[0];
  return {
    forest: directory.forest,
    externalId: user.externalId,
    userName: user.userName,
    displayName: user.displayName ?? null,
    givenName: user.name?.givenName ?? null,
    familyName: user.name?.familyName ?? null,
    mail: mail?.value ?? null,
    active: user.active,
    samAccountName: directory.samAccountName ?? null,
    netbiosName: directory.netbiosName ?? null,
    domain: directory.domain ?? null,
    objectGuid: directory.objectGuid?.toLowerCase() ?? null,
  };
}

export function groupOf(group: ScimGroup): DirectoryGroup {
  const directory = group[SCHEMAS.directoryGroup];
  return {
    forest: directory.forest,
    externalId: group.externalId,
    displayName: group.displayName,
    description: directory.description ?? null,
    samAccountName: directory.samAccountName ?? null,
    domain: directory.domain ?? null,
    objectGuid: directory.objectGuid?.toLowerCase() ?? null,
  };
}

export function memberIdsOf({ members }: ScimGroup): string[] {
  return members.map(({ value }) => value);
}

export function userResource(person: Person, location: string): Record<string, unknown> {
  const { givenName, familyName, mail, displayName } = person;
  return {
    schemas: [SCHEMAS.user, SCHEMAS.directory],
    id: person.id,
    externalId: person.externalId,
    meta: metaOf('User', person, location),
    userName: person.userName,
    ...(displayName !== null && { displayName }),
    ...((givenName !== null || familyName !== null) && { name: present({ givenName, familyName }) }),
    ...(mail !== null && { emails: [{ value: mail, type: 'work', primary: true }] }),
    active: person.active,
    [SCHEMAS.directory]: present({
      forest: person.forest,
      domain: person.domain,
      netbiosName: person.netbiosName,
      samAccountName: person.samAccountName,
      objectGuid: person.objectGuid,
    }),
  };
}

export function groupResource(
  group: Group,
  members: readonly string[] | undefined,
  location: string,
): Record<string, unknown> {
  const { forest, domain, samAccountName, objectGuid, description } = group;
  return {
    schemas: [SCHEMAS.group, SCHEMAS.directoryGroup],
    id: group.id,
    externalId: group.externalId,
    meta: metaOf('Group', group, location),
    displayName: group.displayName,
    ...(members && { members: members.map((value) => ({ value })) }),
    [SCHEMAS.directoryGroup]: present({ forest, domain, samAccountName, objectGuid, description }),
  };
}

function metaOf(resourceType: string, row: { createdAt: number; updatedAt: number }, location: string) {
  return {
    resourceType,
    created: new Date(row.createdAt).toISOString(),
    lastModified: new Date(row.updatedAt).toISOString(),
    location,
  };
}

function present(values: Record<string, string | null>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== null),
  );
}
