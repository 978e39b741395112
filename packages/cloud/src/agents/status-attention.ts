import { enForestLinks, enWarningNames } from '../portal/locales/en-integration.ts';
import type { TenantStatus } from './status.ts';

/** What is to be looked at where passwords can be written all the same: `dc-agent-2: one connection only`. */
export function attentionOf({ state, agents }: TenantStatus, nameOf: (name: string) => string): string[] {
  if (state !== 'upWithWarnings' && state !== 'upOutdated') return [];
  return agents.flatMap(({ name, forests, warnings }) => {
    const broken = [...new Set(Object.values(forests))].filter((link) => link !== 'up');
    const words = [
      ...broken.map((link) => enForestLinks[link].heading),
      ...warnings.map((one) => enWarningNames[one]),
    ];
    return words.map((text) => `${nameOf(name)}: ${text.charAt(0).toLowerCase()}${text.slice(1)}`);
  });
}
