/**
 * Counts, for each link, the packages that do not open: the relay cannot tell, and closes a link that has too many.
 * A reply that is refused is told nobody but the log, so that is where this looks: opening each reply once more would
 * cost every reset a tenth of a millisecond.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { ProtocolError } from '@homeward/protocol/errors';
import type { AgentLink } from '@homeward/relay';
import type { DispatchDeps } from './dispatch.ts';

/** Whether this is the code of a package that is not packed with the agent's key; what merely cannot be read is not. */
export function isForgery(code: unknown): boolean {
  return typeof code === 'string' && code.startsWith('ERR_PACKAGE_');
}

export type ForgeryCount = {
  /** to be given to whoever opens frames */
  log: DispatchDeps['log'];
  /** While this goes on, what does not open is counted against this link; what it throws is thrown. */
  against: (link: AgentLink, opening: () => Promise<void>) => Promise<void>;
};

export function forgeryCount(log: DispatchDeps['log']): ForgeryCount {
  const current = new AsyncLocalStorage<AgentLink>();
  return {
    log: {
      info: (fields, message) => log.info(fields, message),
      warn(fields, message) {
        if ('code' in fields && isForgery(fields.code)) current.getStore()?.noteForged();
        log.warn(fields, message);
      },
    },
    against: (link, opening) =>
      current.run(link, opening).catch((error: unknown) => {
        if (error instanceof ProtocolError && isForgery(error.code)) link.noteForged();
        throw error;
      }),
  };
}
