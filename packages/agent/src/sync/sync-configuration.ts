import type { EnrolledForest } from '@homeward/protocol/enrolment';
import { configure, type Matching, type SyncConfiguration } from '@homeward/sync';

/**
 * The engine's configuration for the forests of an enrolment, in order of precedence.
 * @throws {SyncError} ERR_SYNC_CONFIGURATION
 */
export function syncConfigurationOf(
  forests: readonly (EnrolledForest & {
    /** DNs of containers; absent: the whole domain */
    include?: readonly string[] | undefined;
    exclude?: readonly string[] | undefined;
  })[],
  matching?: Matching,
  options: { groups?: boolean } = {},
): SyncConfiguration {
  return configure({
    forests: forests.map(({ sid, domain, netbiosName, include, exclude }) => ({
      id: sid,
      domains: [{ name: domain.toLowerCase(), netbiosName }],
      ...(include && { include }),
      ...(exclude && { exclude }),
    })),
    ...(matching && { matching }),
    ...options,
  });
}
