import { ConnectionFailure, DirectoryError } from '@homeward/active-directory';
import { SyncError } from '@homeward/sync';
import { AgentError } from '../errors.ts';
import { proxyFaultIn } from '../network/proxy-tunnel.ts';
import { SyncRunError } from '../sync/sync-error.ts';
import { unreadable } from '../unreadable.ts';
import { adviceForReason } from './advice-for.ts';

/**
 * Codes after which a command ends with another number than 1: 2 for a wrong call and for what does not mend itself,
 * so that a service is not started again and again (RestartPreventExitStatus), a Ctrl-C as shells have it.
 */
const EXITS: Partial<Record<AgentError['code'], number>> = {
  ERR_CONFIG_INVALID: 2,
  ERR_NOT_ENROLLED: 2,
  ERR_INTERRUPTED: 130,
};

/** How a command that threw ends: in words for faults that are foreseen, with the stack for others. */
export function faultText(error: unknown): { text: string; exit: number } {
  if (error instanceof ConnectionFailure) {
    const { happened, means, next } = adviceForReason(error.reason);
    const where = error.controller === undefined ? '' : `${error.controller}: `;
    return { text: `${where}${happened} ${means}\nNext: ${next}`, exit: 1 };
  }
  if (error instanceof AgentError) {
    const proxy = proxyFaultIn(error.cause);
    const text = proxy === undefined ? error.message : `${error.message}\nThe way there: ${proxy.message}`;
    return { text, exit: EXITS[error.code] ?? 1 };
  }
  const { code, path } = error as NodeJS.ErrnoException;
  if ((code === 'EACCES' || code === 'EPERM') && path !== undefined)
    return { text: `${unreadable(path, error)}.`, exit: 1 };
  const isForeseen = [DirectoryError, SyncError, SyncRunError].some((kind) => error instanceof kind);
  const { message, stack } = error as Error;
  return { text: isForeseen ? message : (stack ?? String(error)), exit: 1 };
}
