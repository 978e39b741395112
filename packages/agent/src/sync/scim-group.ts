import type { ShownCloudObject } from '@homeward/sync';
import { type ProvisionOperation, recordOf, shown } from './scim-user.ts';

const GROUP_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:Group';
/** Where the group is on premises: this product's extension (RFC 7643 section 3.3). */
const DIRECTORY_SCHEMA = 'urn:homeward:params:scim:schemas:extension:directory:2.0:Group';

/**
 * The cloud connector space's attributes of a group as a SCIM group (RFC 7643 section 4.2). Members are people and
 * groups, by the ids that the cloud gave them.
 */
export function scimGroupOf({ sourceAnchor, attributes }: ProvisionOperation): Record<string, unknown> {
  const value = (name: string) => attributes[name]?.[0];
  return {
    schemas: [GROUP_SCHEMA, DIRECTORY_SCHEMA],
    externalId: sourceAnchor,
    displayName: value('displayName'),
    members: (attributes['members'] ?? []).map((id) => ({ value: id })),
    [DIRECTORY_SCHEMA]: {
      forest: value('forest'),
      domain: value('domain'),
      samAccountName: value('samAccountName'),
      objectGuid: value('objectGuid'),
      description: value('description'),
    },
  };
}

/** The other way round; undefined where it is none of ours. */
export function shownGroup(resource: Record<string, unknown>): ShownCloudObject | undefined {
  const { displayName, members, [DIRECTORY_SCHEMA]: directory } = resource;
  const ids = Array.isArray(members) ? members.map((member) => recordOf(member)['value']) : [];
  return shown('group', resource, { displayName, ...recordOf(directory), members: ids.sort() });
}
