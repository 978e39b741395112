import type { Logger } from 'pino';
import type { Activity } from '../audit/audit-log.ts';
import type { Clock } from '../clock.ts';
import type { AgentActor } from '../portal/locales/en-mail.ts';
import type { Site } from '../portal/site.ts';
import type { Store } from '../store/store.ts';
import type { Mail, MailSender } from './mail-sender.ts';
import type { AgentNewsKind, OutboxMail, ResetNewsKind } from './outbox-store.ts';
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
      await settle(deps, due, await deliver(deps, due));
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      deps.log.warn({ flowId: due.flowId, attempts: due.attempts, code }, 'a confirmation was not taken');
      if (due.attempts >= MAX_ATTEMPTS) await deps.store.outbox.remove(due.id);
      else await deps.store.outbox.postpone(due.id, deps.clock() + pauseAfter(due.attempts));
    }
  }
}

/** @returns false where there is nobody to write to */
async function deliver({ store, mail, site }: OutboxDeps, due: OutboxMail): Promise<boolean> {
  const written = await write(store, site, due);
  if (written) await mail.send(written);
  return written !== undefined;
}

function write(store: Store, site: Site, { kind, ...about }: OutboxMail): Promise<Mail | undefined> {
  if (kind === 'addressChanged') return mailAboutAddress(store, site, about);
  return isAboutReset(kind)
    ? mailAboutReset(store, site, { ...about, kind })
    : mailAboutAgent(store, site, { ...about, kind });
}

/** Also where the person is gone since: whoever changed the address may have removed them right after. */
async function mailAboutAddress(store: Store, site: Site, due: Omit<OutboxMail, 'kind'>): Promise<Mail> {
  const to = due.toAddress ?? '';
  const person = await store.people.byId(due.tenantId, due.personId);
  const facts = {
    tenantName: site.tenantName,
    displayName: person?.displayName ?? person?.userName ?? to,
    support: site.supportContact,
  };
  return writeMail(to, site.texts.mail.addressChanged(facts, site.moment(due.happenedAt)));
}

const RESET_NEWS: readonly ResetNewsKind[] = [
  'passwordReset',
  'resetNotDone',
  'resetUnknown',
  'codesGuessed',
];

function isAboutReset(kind: OutboxMail['kind']): kind is ResetNewsKind {
  return RESET_NEWS.some((one) => one === kind);
}

async function mailAboutReset(
  store: Store,
  site: Site,
  { kind, ...due }: Omit<OutboxMail, 'kind'> & { kind: ResetNewsKind },
): Promise<Mail | undefined> {
  const person = await store.people.byId(due.tenantId, due.personId);
  if (!person?.mail) return undefined;
  const facts = {
    tenantName: site.tenantName,
    displayName: person.displayName ?? person.userName,
    support: site.supportContact,
  };
  return writeMail(person.mail, site.texts.mail[kind](facts, site.moment(due.happenedAt)));
}

async function mailAboutAgent(
  store: Store,
  site: Site,
  { kind, ...due }: Omit<OutboxMail, 'kind'> & { kind: AgentNewsKind },
): Promise<Mail | undefined> {
  const administrator = await store.administrators.byId(due.tenantId, due.personId);
  const agent = await store.administrators.agentInNews(due.tenantId, due.flowId);
  if (!administrator?.mail || administrator.disabledAt !== null || !agent) return undefined;
  const facts = {
    tenantName: site.tenantName,
    displayName: administrator.userName,
    support: site.supportContact,
  };
  const by = await actorOf(store, due);
  return writeMail(
    administrator.mail,
    site.texts.mail[kind](facts, { ...agent, by }, site.moment(due.happenedAt)),
  );
}

async function actorOf(
  store: Store,
  due: Pick<OutboxMail, 'tenantId' | 'flowId' | 'byId'>,
): Promise<AgentActor> {
  if (due.byId === null) return { kind: 'command' };
  if (due.byId === due.flowId) return { kind: 'itself' };
  const administrator = await store.administrators.byId(due.tenantId, due.byId);
  return administrator ? { kind: 'administrator', userName: administrator.userName } : { kind: 'command' };
}

const ACTIVITY_OF: Record<AgentNewsKind, Activity> = {
  agentWaits: 'registerAgent',
  agentAdmitted: 'admitAgent',
  agentRevoked: 'revokeAgent',
  agentReinstated: 'agentReinstated',
};

async function settle({ store, clock }: OutboxDeps, due: OutboxMail, mailed: boolean): Promise<void> {
  await store.transaction(async (stores) => {
    await stores.outbox.remove(due.id);
    if (!mailed) return;
    const isLate = due.kind === 'resetNotDone' || due.kind === 'resetUnknown';
    const result = isLate ? ('lateOutcomeMailed' as const) : ('confirmationMailed' as const);
    const audited = { tenantId: due.tenantId, at: clock(), result };
    const { personId, flowId } = due;
    if (due.kind === 'addressChanged') {
      await stores.audit.append({ ...audited, activity: 'updateUser', personId });
    } else if (isAboutReset(due.kind)) {
      const activity = due.kind === 'codesGuessed' ? 'resetBlocked' : 'resetFlowProgress';
      await stores.audit.append({ ...audited, activity, personId, flowId });
    } else {
      const activity = ACTIVITY_OF[due.kind];
      await stores.audit.append({ ...audited, activity, actorId: due.personId, agentId: due.flowId });
    }
  });
}

function pauseAfter(attempts: number): number {
  return Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** attempts);
}
