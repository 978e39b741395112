import { escapeFilter } from 'ldapts';
import { type Access, MASK } from './access-check.ts';
import { guidOf } from './entry.ts';
import { DirectoryError } from './errors.ts';
import type { Session } from './session-pool.ts';

/**
 * The rights that the agent's account needs, each with the place where it counts: `people` below an OU, or one
 * object of the domain.
 */
export const RIGHTS = {
  /** flags, groups and versions: without them nothing is written, because nobody would know to whom */
  readAccount: 'people',
  resetPassword: 'people',
  changePassword: 'people',
  writeLockoutTime: 'people',
  writePwdLastSet: 'people',
  writeMarker: 'people',
  unexpirePassword: 'domain',
  readPsos: 'passwordSettings',
  readDeletedObjects: 'deletedObjects',
} as const;

export type Right = keyof typeof RIGHTS;
export type PeopleRight = { [R in Right]: (typeof RIGHTS)[R] extends 'people' ? R : never }[Right];

/** Extended rights, [MS-ADTS] 5.1.3.2.1. */
const RESET_PASSWORD = '00299570-246d-11d0-a768-00aa006e0529';
export const CHANGE_PASSWORD = 'ab721a53-1e2f-11d0-9819-00aa0040529b';
const UNEXPIRE_PASSWORD = 'ccc2dc7d-a6ad-4a7a-8846-c04e3cc53501';

/** The fence attribute of this directory: unused, single-valued, of text (docs/protocol.md, "Resolving"). */
export const DEFAULT_MARKER = 'msDS-cloudExtensionAttribute15';

/** What a right is in terms of ACEs. `container` and `read` rights need all bits of the list. */
export type RightDefinition = { access: readonly Access[]; name: string };

export type RightDefinitions = {
  rights: Readonly<Record<Right, RightDefinition>>;
  userClass: string;
  /** class of what lies below the Password Settings Container */
  psoClass: string;
};

/** GUIDs of attributes and classes come from the schema: the fence attribute can be any. */
export async function readRightDefinitions(session: Session, marker: string): Promise<RightDefinitions> {
  const [tokenGroups, userAccountControl, version, lockoutTime, pwdLastSet, markerAttribute, user, pso] =
    await Promise.all([
      readSchemaObject(session, 'tokenGroups'),
      readSchemaObject(session, 'userAccountControl'),
      readSchemaObject(session, 'msDS-KeyVersionNumber'),
      readSchemaObject(session, 'lockoutTime'),
      readSchemaObject(session, 'pwdLastSet'),
      readSchemaObject(session, marker),
      readSchemaObject(session, 'user'),
      readSchemaObject(session, 'msDS-PasswordSettings'),
    ]);
  const control = (guid: string) => [{ mask: MASK.controlAccess, objectTypes: [guid] }];
  const write = (objectTypes: readonly string[]) => [{ mask: MASK.writeProperty, objectTypes }];
  const read = [
    { mask: MASK.listContents, objectTypes: [] },
    { mask: MASK.readProperty, objectTypes: [] },
  ];
  return {
    rights: {
      readAccount: {
        access: [tokenGroups, userAccountControl, version, lockoutTime].map((objectTypes) => ({
          mask: MASK.readProperty,
          objectTypes,
        })),
        name: 'read all properties',
      },
      resetPassword: { access: control(RESET_PASSWORD), name: 'Reset Password' },
      changePassword: { access: control(CHANGE_PASSWORD), name: 'Change Password' },
      writeLockoutTime: { access: write(lockoutTime), name: 'lockoutTime' },
      writePwdLastSet: { access: write(pwdLastSet), name: 'pwdLastSet' },
      writeMarker: { access: write(markerAttribute), name: marker },
      unexpirePassword: { access: control(UNEXPIRE_PASSWORD), name: 'Unexpire Password' },
      readPsos: { access: read, name: 'read password settings' },
      readDeletedObjects: { access: read, name: 'read deleted objects' },
    },
    userClass: user[0] ?? '',
    psoClass: pso[0] ?? '',
  };
}

/** schemaIDGUID, and the property set where there is one (attributeSecurityGUID). */
async function readSchemaObject(session: Session, name: string): Promise<string[]> {
  const [entry] = await session.connection.search({
    base: session.facts.schemaDn,
    scope: 'one',
    filter: escapeFilter`(lDAPDisplayName=${name})`,
    attributes: ['schemaIDGUID', 'attributeSecurityGUID'],
  });
  const guid = entry && guidOf(entry, 'schemaIDGUID');
  if (!entry || !guid) throw new DirectoryError('ERR_DIRECTORY_DATA', `The schema does not know ${name}.`);
  const propertySet = guidOf(entry, 'attributeSecurityGUID');
  return propertySet === undefined ? [guid] : [guid, propertySet];
}
