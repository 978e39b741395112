import { Controllers } from '@homeward/active-directory/controllers';
import { sidOf } from '@homeward/active-directory/entry';
import type { DirectoryDeps, DirectorySettings } from '@homeward/active-directory/settings';
import { escapeFilterValue } from '../preflight/find-people.ts';
import type { ResolvedNames } from './judge-account.ts';

/**
 * SIDs of groups (by DN) and people (by user principal name) in one domain; null for a name that it does not have.
 * @throws {DirectoryError}
 */
export async function resolveNames(
  settings: DirectorySettings,
  deps: DirectoryDeps,
  { groups, people }: { groups: readonly string[]; people: readonly string[] },
): Promise<ResolvedNames> {
  const controllers = new Controllers(settings, deps);
  const filters = [
    ...groups.map((name) => [
      name,
      `(&(objectCategory=group)(distinguishedName=${escapeFilterValue(name)}))`,
    ]),
    ...people.map((name) => [
      name,
      `(&(objectCategory=person)(userPrincipalName=${escapeFilterValue(name)}))`,
    ]),
  ] as [string, string][];
  try {
    return await controllers.withReader(async ({ connection, facts }) => {
      const resolved = new Map<string, string | null>();
      for (const [name, filter] of filters) {
        const [entry] = await connection.search({ base: facts.baseDn, filter, attributes: ['objectSid'] });
        resolved.set(name, (entry && sidOf(entry, 'objectSid')) ?? null);
      }
      return resolved;
    });
  } finally {
    controllers.close();
  }
}
