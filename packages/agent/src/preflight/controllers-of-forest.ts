import {
  CONTROLLERS_RECORD,
  EMULATOR_RECORD,
  type Endpoint,
  locateEndpoint,
  locateHosts,
} from '@homeward/active-directory/locate-controllers';
import { DEFAULT_TIMEOUTS } from '@homeward/active-directory/settings';
import type { ForestConfig } from '../config.ts';

/** DNS as the directory package asks it: of the forest's own servers. */
export type ForestNetwork = {
  /** @throws {DnsError} */
  hosts: (forest: ForestConfig, which: 'controllers' | 'emulator') => Promise<string[]>;
  /** @throws {DnsError} */
  endpoint: (forest: ForestConfig, host: string) => Promise<Endpoint>;
};

export const forestNetwork: ForestNetwork = {
  hosts: (forest, which) =>
    locateHosts(
      locateSettings(forest),
      (which === 'emulator' ? EMULATOR_RECORD : CONTROLLERS_RECORD) + forest.domain,
      DEFAULT_TIMEOUTS,
    ),
  endpoint: (forest, host) => locateEndpoint(locateSettings(forest), host, DEFAULT_TIMEOUTS),
};

function locateSettings({ dnsServers, addresses }: ForestConfig) {
  return { ...(dnsServers && { dnsServers }), ...(addresses && { addresses }) };
}
