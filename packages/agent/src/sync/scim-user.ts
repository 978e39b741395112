import type { Attributes, ExportOperation } from '@homeward/sync';

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
