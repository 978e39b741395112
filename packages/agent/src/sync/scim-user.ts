import type { Attributes, ExportOperation, ShownCloudObject } from '@homeward/sync';

const USER_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:User';
/** Where the person is on premises: this product's extension (RFC 7643 section 3.3). */
const DIRECTORY_SCHEMA = 'urn:homeward:params:scim:schemas:extension:directory:2.0:User';

export type ProvisionOperation = Exclude<ExportOperation, { kind: 'delete' }>;

/** The cloud connector space's attributes of a person as a SCIM user (RFC 7643 section 4.1). */
export function scimUserOf({ sourceAnchor, attributes }: ProvisionOperation): Record<string, unknown> {
  const value = (name: string) => attributes[name]?.[0];
  return {
    schemas: [USER_SCHEMA, DIRECTORY_SCHEMA],
    externalId: sourceAnchor,
    userName: value('userName'),
    displayName: value('displayName'),
    ...nameOf(attributes),
    ...(attributes['mail'] && { emails: emailsOf(attributes['mail']) }),
    active: value('active') === 'true',
    [DIRECTORY_SCHEMA]: {
      forest: value('forest'),
      domain: value('domain'),
      netbiosName: value('netbiosName'),
      samAccountName: value('samAccountName'),
      objectGuid: value('objectGuid'),
    },
  };
}

function nameOf({ givenName, familyName }: Attributes): Record<string, unknown> {
  if (givenName === undefined && familyName === undefined) return {};
  return {
    name: {
      ...(givenName && { givenName: givenName[0] }),
      ...(familyName && { familyName: familyName[0] }),
    },
  };
}

function emailsOf(mail: readonly string[]): Record<string, unknown>[] {
  return mail.map((value, index) => ({ value, type: 'work', primary: index === 0 }));
}

/** The other way round: what of a SCIM user the cloud connector space knows; undefined where it is none of ours. */
export function shownUser(resource: Record<string, unknown>): ShownCloudObject | undefined {
  const { userName, displayName, name, emails, active, [DIRECTORY_SCHEMA]: directory } = resource;
  const { givenName, familyName } = recordOf(name);
  return shown('user', resource, {
    ...{ userName, displayName, givenName, familyName, ...recordOf(directory) },
    mail: Array.isArray(emails) ? emails.map((email) => recordOf(email)['value']) : undefined,
    active: String(active === true),
  });
}

/** @param values text, lists of text, or nothing; whatever else is there is left out */
export function shown(
  objectType: ShownCloudObject['objectType'],
  { id, externalId }: Record<string, unknown>,
  values: Record<string, unknown>,
): ShownCloudObject | undefined {
  if (typeof id !== 'string' || typeof externalId !== 'string') return undefined;
  const attributes: Record<string, string[]> = {};
  for (const [attribute, value] of Object.entries(values)) {
    const texts = [value].flat().filter((one) => typeof one === 'string');
    if (texts.length > 0) attributes[attribute] = texts;
  }
  return { objectType, cloudAnchor: id.toLowerCase(), sourceAnchor: externalId, attributes };
}

export function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
