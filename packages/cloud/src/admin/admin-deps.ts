import type { Logger } from 'pino';
import type { Onboarding } from '../agents/onboarding.ts';
import type { StatusWatch } from '../agents/status-watch.ts';
import type { Clock } from '../clock.ts';
import type { Site } from '../portal/site.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Store } from '../store/store.ts';
import type { PasswordHasher } from './password-hash.ts';

/** What administrators' accounts and sessions need. */
export type AccountDeps = {
  store: Store;
  secrets: Secrets;
  hasher: PasswordHasher;
  tenant: { id: string; name: string };
  clock: Clock;
  log: Pick<Logger, 'info' | 'warn'>;
};

/** What the pages of the administrators' portal need. */
export type AdminDeps = AccountDeps & {
  site: Site;
  onboarding: Onboarding;
  status: Pick<StatusWatch, 'ask' | 'reinstate'>;
  /** a mail is to be sent */
  wakeOutbox(): void;
};
