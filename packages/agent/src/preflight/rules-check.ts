import { type Check, type Finding, fail, pass } from './check.ts';

export type RulesCheckDeps = {
  /** in full; undefined: the configuration names none */
  rulesFile: string | undefined;
  /** a line each, by path in the file */
  rulesProblems: readonly string[];
  command: string;
};

/** Said as one finding for each problem, because an agent says at its start all of them, too, and then stops. */
export function rulesCheck(deps: RulesCheckDeps): Check {
  return { id: 'rules', title: 'Rules file', run: async () => rulesFindings(deps) };
}

function rulesFindings({ rulesFile, rulesProblems, command }: RulesCheckDeps): Finding[] {
  if (rulesFile === undefined) return [pass('None is configured: the defaults hold.')];
  const details = { file: rulesFile };
  const last = rulesProblems.at(-1);
  if (last === undefined) return [pass(`${rulesFile}.`, details)];
  const mend = `Mend ${rulesFile}, and look again: an agent that is started with it stops at once; one that runs keeps the rules that it has.`;
  return [
    ...rulesProblems.slice(0, -1).map((finding): Finding => ({ status: 'FAIL', finding, details })),
    { ...fail(last, mend, details), run: `${command} rules check` },
  ];
}
