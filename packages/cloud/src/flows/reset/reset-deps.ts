import type { Logger } from 'pino';
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config.ts';
import type { Site } from '../../portal/site.ts';
import type { Secrets } from '../../secrets/secrets.ts';
import type { Store } from '../../store/store.ts';
import type { Writeback } from './writeback.ts';

export type ResetDeps = {
  store: Store;
  secrets: Secrets;
  writeback: Writeback;
  clock: Clock;
  tenant: { id: string };
  /** Unix ms since when this process alone orders: what was ordered before and never recorded was never sent */
  since: number;
  site: Site;
  timings: Config['timings'];
  log: Pick<Logger, 'error' | 'info'>;
  /** a code is wanted */
  wakeCodeSender(): void;
  /** a confirmation is to be mailed */
  wakeOutbox(): void;
};
