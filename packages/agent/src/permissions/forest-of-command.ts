import { isBelowOrAt } from '@homeward/active-directory';
import type { AgentConfig, ForestConfig } from '../config.ts';
import { AgentError } from '../errors.ts';

/** What a command is about: each forest with the DNs in it; `scope` undefined: its whole domain. */
export type Selection = { forest: ForestConfig; scope: readonly string[] | undefined };

/**
 * The forests of the configuration, or those that `--forest` and `--ou` name; a DN belongs to the domain of its DC
 * parts. Without `--ou`, a forest's own search bases are the scope.
 * @throws {AgentError} ERR_CONFIG_INVALID
 */
export function selectForests(
  config: Pick<AgentConfig, 'forests'>,
  { ou, forest: named }: { ou?: readonly string[] | undefined; forest?: string | undefined },
): Selection[] {
  const forests = config.forests.filter(
    ({ domain }) => named === undefined || domain.toLowerCase() === named.toLowerCase(),
  );
  const known = config.forests.map(({ domain }) => domain).join(', ');
  if (forests.length === 0)
    throw new AgentError('ERR_CONFIG_INVALID', `--forest: ${named} is not configured; ${known} is`);
  if (ou === undefined) return forests.map((forest) => ({ forest, scope: forest.searchBases }));
  const baseOf = (forest: ForestConfig) => `DC=${forest.domain.split('.').join(',DC=')}`;
  for (const dn of ou)
    if (!forests.some((forest) => isBelowOrAt(dn, baseOf(forest))))
      throw new AgentError(
        'ERR_CONFIG_INVALID',
        `--ou: ${dn} lies in no domain of this agent (${known}); give the whole distinguished name`,
      );
  return forests
    .map((forest) => ({ forest, scope: ou.filter((dn) => isBelowOrAt(dn, baseOf(forest))) }))
    .filter(({ scope }) => scope.length > 0);
}
