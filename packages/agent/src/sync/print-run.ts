import { CONNECTION_FAILURES, type ConnectionFailureReason } from '@homeward/active-directory';
import { adviceForReason } from '../advice/advice-for.ts';
import { counted } from '../permissions/print-survey.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { hang } from '../terminal/wrap-text.ts';
import { heldLines } from './confirm-command.ts';
import type { ForestRun } from './open-sync-runner.ts';
import type { FailedRun } from './run-requests.ts';

export type RunLinesDeps = { terminal: Pick<Terminal, 'width'>; command: string };

/** How one forest's cycle went, in words: what of a forest is below its first line is set in. */
export function runLines(run: ForestRun | FailedRun, { terminal, command }: RunLinesDeps): string[] {
  if ('error' in run) return failureText(run).flatMap((text) => hang('', text, terminal.width));
  const { domain, mode, seen, added, changed, moved, deleted, unreadable, waitingFor, held } = run;
  const read =
    mode === 'full'
      ? `everything was read, ${counted(seen, 'object', 'objects')}`
      : `${counted(seen, 'change', 'changes')} read`;
  return [
    `${domain}: ${read}: ${added} new, ${changed} changed, ${moved} moved, ${deleted} gone (${(run.ms / 1000).toFixed(1)} s)`,
    ...(waitingFor.length > 0
      ? ['  nothing is exported before every forest was read once; another forest is missing.']
      : [`  ${exportText(run)}`]),
    ...(unreadable > 0
      ? [
          `  ${counted(unreadable, 'object', 'objects')} could not be read; nobody is deleted while that is so.`,
        ]
      : []),
    ...heldLines({ forest: held.inForest, cloud: held.inCloud }, command).map((line) => `  ${line}`),
  ];
}

/** A cloud that is away is not noticed by a cycle that has nothing for it. */
function exportText({ exported: { created, updated, deleted, refused } }: ForestRun): string {
  if (created + updated + deleted + refused === 0) return 'nothing had to be sent to the cloud';
  const refusals = refused === 0 ? '' : `, ${refused} refused by the cloud (see its log)`;
  return `exported to the cloud: ${created} created, ${updated} updated, ${deleted} deleted${refusals}`;
}

function failureText({ domain, error: { code, message, reason, controller } }: FailedRun): string[] {
  if (isConnectionFailure(reason)) {
    const { happened, means, next } = adviceForReason(reason);
    const where = controller === undefined ? '' : `${controller}: `;
    return [`${domain}: the cycle failed. ${where}${happened} ${means}`, `Next: ${next}`];
  }
  const coded = code === undefined ? '' : ` (${code})`;
  return [`${domain}: the cycle failed${coded}. ${message.replace(/\.?$/, '.')}`];
}

function isConnectionFailure(reason: string | undefined): reason is ConnectionFailureReason {
  return reason !== undefined && reason in CONNECTION_FAILURES;
}
