import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { AgentError } from '../errors.ts';
import { unreadable } from '../unreadable.ts';
import { IN_OUR_WORDS, parseJson, problemLines } from '../zod-problems.ts';
import { type AgentRules, readRules } from './agent-rules.ts';

/** `problems`: a line each, by path in the file. `stamp` is another one as soon as the file is. */
export type RulesReading =
  | { kind: 'rules'; rules: AgentRules; stamp: string; changedAt: number }
  | { kind: 'unchanged' }
  | { kind: 'problems'; problems: string[]; stamp?: string; changedAt?: number };

/**
 * @param domains of the agent's forests
 * @param stamp of a reading that need not be repeated while the file is the same
 */
export function readRulesFile(path: string, domains: readonly string[], stamp?: string): RulesReading {
  let text: string;
  let seen: { stamp: string; changedAt: number };
  try {
    const found = statSync(path, { bigint: true });
    // Opening a pipe would wait for whoever writes into it.
    if (!found.isFile()) return { kind: 'problems', problems: [`${path} is no file`] };
    // With ctime and inode: a file may be put in its place with an old mtime, or only become readable.
    const { ino, size, mtimeNs, ctimeNs } = found;
    seen = { stamp: [ino, size, mtimeNs, ctimeNs].join('/'), changedAt: Number(mtimeNs / 1_000_000n) };
    if (seen.stamp === stamp) return { kind: 'unchanged' };
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return { kind: 'problems', problems: [unreadable(path, error)] };
  }
  const { rules, problems } = readRules(text, domains);
  return problems.length > 0 ? { kind: 'problems', problems, ...seen } : { kind: 'rules', rules, ...seen };
}

/** What of the agent's configuration has to do with its rules; nothing else of it is looked at. */
export type RulesPlace = { rulesFile: string | undefined; stateFolder: string; domains: string[] };

const placeShape = z.looseObject({
  rulesFile: z.string().min(1).optional(),
  stateFolder: z.string().min(1),
  forests: z.array(z.looseObject({ domain: z.string() })).min(1),
});

/**
 * For what has to work while the rules do not, and without the right to read the agent's passwords.
 * @throws {AgentError} ERR_CONFIG_INVALID
 */
export function rulesPlaceOf(configFile: string): RulesPlace {
  const folder = dirname(resolve(configFile));
  const problems: string[] = [];
  let text = '{}';
  try {
    text = readFileSync(configFile, 'utf8');
  } catch (error) {
    problems.push(unreadable('it', error));
  }
  const parsed = placeShape.safeParse(problems.length === 0 ? parseJson(text, problems) : {}, IN_OUR_WORDS);
  if (parsed.success && problems.length === 0) {
    const { rulesFile, stateFolder, forests } = parsed.data;
    return {
      rulesFile: rulesFile === undefined ? undefined : resolve(folder, rulesFile),
      stateFolder: resolve(folder, stateFolder),
      domains: forests.map(({ domain }) => domain),
    };
  }
  if (problems.length === 0 && parsed.error) problems.push(...problemLines(parsed.error));
  const lines = problems.map((problem) => `  ${problem}`);
  throw new AgentError('ERR_CONFIG_INVALID', [`${configFile} cannot be used:`, ...lines].join('\n'));
}
