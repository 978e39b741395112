import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Site } from '../portal/site.ts';
import type { Store } from '../store/store.ts';
import type { MailSender } from './mail-sender.ts';
import type { OutboxMail } from './outbox-store.ts';
import { writeMail } from './write-mail.ts';

export type OutboxDeps = {
  store: Store;
  mail: MailSender;
  site: Site;
  clock: Clock;
  log: Pick<Logger, 'warn'>;
};

const FIRST_PAUSE = 30_000;
const LONGEST_PAUSE = 3_600_000;
const MAX_ATTEMPTS = 30;

/** Sends what is due. A mail that is not taken is tried again, ever more slowly, for about a day. */
export async function deliverOutbox(deps: OutboxDeps): Promise<void> {
  for (const due of await deps.store.outbox.due(deps.clock(), 50)) {
    try {
      await deliver(deps, due);
      await settle(deps, due);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      deps.log.warn({ flowId: due.flowId, attempts: due.attempts, code }, 'a confirmation was not taken');
      if (due.attempts >= MAX_ATTEMPTS) await deps.store.outbox.remove(due.id);
      else await deps.store.outbox.postpone(due.id, deps.clock() + pauseAfter(due.attempts));
    }
  }
}

async function deliver({ store, mail, site }: OutboxDeps, due: OutboxMail): Promise<void> {
  const person = await store.people.byId(due.tenantId, due.personId);
  if (!person?.mail) return;
  const facts = {
    tenantName: site.tenantName,
    displayName: person.displayName ?? person.userName,
    support: site.supportContact,
  };
  const words = site.texts.mail[due.kind](facts, site.moment(due.happenedAt));
  await mail.send(writeMail(person.mail, words));
}

async function settle({ store, clock }: OutboxDeps, due: OutboxMail): Promise<void> {
  await store.transaction(async (stores) => {
    await stores.outbox.remove(due.id);
    await stores.audit.append({
      tenantId: due.tenantId,
      at: clock(),
      activity: 'resetFlowProgress',
      result: 'confirmationMailed',
      personId: due.personId,
      flowId: due.flowId,
    });
  });
}

function pauseAfter(attempts: number): number {
  return Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** attempts);
}
