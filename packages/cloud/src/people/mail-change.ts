import type { Stores } from '../store/store.ts';
import type { Person } from './person.ts';

/** An address that became another one, or none; `former` is null where there was none. */
export type MailChange = { former: string | null };

const FRESH_FOR = 24 * 3_600_000;

/** Capital letters make no other address. */
export function mailChange(former: string | null, mail: string | null): MailChange | undefined {
  return former?.toLowerCase() === mail?.toLowerCase() ? undefined : { former };
}

/** Whether the address is another one since less than a day. */
export function hasFreshMail({ mailChangedAt }: Pick<Person, 'mailChangedAt'>, now: number): boolean {
  return mailChangedAt !== null && now < mailChangedAt + FRESH_FOR;
}

/**
 * Written with the change itself: to the audit log, and to whoever reads the former address. The new one is not
 * told there.
 */
export async function tellFormerAddress(
  { audit, outbox }: Pick<Stores, 'audit' | 'outbox'>,
  { former }: MailChange,
  about: { tenantId: string; personId: string; actorId: string; now: number },
): Promise<void> {
  const { tenantId, personId, actorId, now } = about;
  const audited = { tenantId, at: now, activity: 'updateUser', result: 'addressChanged' } as const;
  await audit.append({ ...audited, personId, actorId });
  if (former === null) return;
  await outbox.add({
    ...{ tenantId, personId, kind: 'addressChanged', flowId: personId, toAddress: former, happenedAt: now },
  });
}
