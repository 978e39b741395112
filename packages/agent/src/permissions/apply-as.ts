import { LdapRefusal, type RightsPlan } from '@homeward/active-directory';
import { AgentError } from '../errors.ts';
import { type AdministratorOptions, readAdministrator } from './administrator-account.ts';
import { directoryProblem } from './directory-problem.ts';
import type { Selection } from './forest-of-command.ts';
import type { PermissionsDeps } from './permissions-deps.ts';
import { counted } from './print-survey.ts';

/**
 * Writes a plan with an administrator's account, step by step, so that after a refusal it is known what was done.
 * @throws {AgentError} ERR_PERMISSION_DENIED, saying how many steps were written
 */
export async function applyAs(
  plan: RightsPlan,
  { forest }: Selection,
  options: AdministratorOptions,
  deps: PermissionsDeps,
  say: (line?: string) => void,
): Promise<void> {
  const { terminal, openForest } = deps;
  const account = await readAdministrator(options, forest.domain, terminal);
  const administrator = openForest(forest, account);
  let done = 0;
  try {
    for (const step of plan.steps) {
      terminal.progress(`Writing ${done + 1} of ${plan.steps.length}`);
      await administrator.applyRights({ trustee: plan.trustee, steps: [step] });
      done++;
    }
  } catch (error) {
    const stopped = `${counted(done, 'change was', 'changes were')} made, then it ended.`;
    if (error instanceof LdapRefusal && error.result === INSUFFICIENT_ACCESS)
      throw new AgentError(
        'ERR_PERMISSION_DENIED',
        `${account.userPrincipalName} may not change permissions of ${plan.steps[done]?.dn}: it needs Modify permissions (WRITE_DAC) there, as Domain Admins have. ${stopped}`,
        { cause: error },
      );
    const { advice } = directoryProblem(error);
    throw new AgentError(
      'ERR_PERMISSION_DENIED',
      `${account.userPrincipalName} could not be used: ${advice.happened.replace('the agent’s account', 'the account').replace('the agent’s own account', 'the account')} ${stopped}`,
      { cause: error },
    );
  } finally {
    terminal.progress(undefined);
    administrator.close();
  }
  say(
    `Done as ${account.userPrincipalName}: ${counted(done, 'change', 'changes')}. Its password was not kept.`,
  );
}

const INSUFFICIENT_ACCESS = 50;
