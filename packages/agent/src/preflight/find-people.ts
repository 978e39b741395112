import { Controllers } from '@homeward/active-directory/controllers';
import { guidOf } from '@homeward/active-directory/entry';
import type { DirectoryDeps, DirectorySettings } from '@homeward/active-directory/settings';

export type FoundPerson = { objectGuid: string; dn: string };

/**
 * People of one domain by user principal name, account name, mail address or DN; never more than a few.
 * @throws {DirectoryError}
 */
export async function findPeople(
  settings: DirectorySettings,
  deps: DirectoryDeps,
  name: string,
): Promise<FoundPerson[]> {
  const controllers = new Controllers(settings, deps);
  const value = escapeFilterValue(name);
  const named = ['userPrincipalName', 'sAMAccountName', 'mail', 'distinguishedName'];
  const anyOf = named.map((attribute) => `(${attribute}=${value})`).join('');
  try {
    const found = await controllers.withReader(({ connection, facts }) =>
      connection.search({
        base: facts.baseDn,
        filter: `(&(objectCategory=person)(sAMAccountType=805306368)(|${anyOf}))`,
        attributes: ['objectGUID'],
      }),
    );
    return found.flatMap((entry) => {
      const objectGuid = guidOf(entry, 'objectGUID');
      return objectGuid === undefined ? [] : [{ objectGuid, dn: entry.dn }];
    });
  } finally {
    controllers.close();
  }
}

/** RFC 4515 section 3. */
export function escapeFilterValue(value: string): string {
  const hex = (character: string) => character.charCodeAt(0).toString(16).padStart(2, '0');
  return value.replaceAll(/[\\*()]|\p{Cc}/gu, (character) => `\\${hex(character)}`);
}
