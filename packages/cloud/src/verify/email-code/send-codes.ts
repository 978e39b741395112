/**
 * The half of the e-mail gate that knows accounts. It runs beside the requests and reads the table, so nothing that
 * a browser can measure depends on whether a user ID is anybody's. Known and unknown are treated alike up to the
 * mail itself; the code lives in this function's variables and in the mail, nowhere else.
 */
import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config.ts';
import type { MailSender } from '../../mail/mail-sender.ts';
import { writeMail } from '../../mail/write-mail.ts';
import { hasFreshMail } from '../../people/mail-change.ts';
import type { Person } from '../../people/person.ts';
import type { Site } from '../../portal/site.ts';
import type { Secrets } from '../../secrets/secrets.ts';
import type { Store, Stores } from '../../store/store.ts';
import type { EmailCode } from './code-store.ts';
import { accountKeyOf, codeHmacOf } from './keys.ts';

export type SendCodesDeps = {
  store: Store;
  secrets: Secrets;
  mail: MailSender;
  site: Site;
  clock: Clock;
  codeSeconds: number;
  /** whether an address that was changed within the last day gets a code: it would be the only proof */
  freshAddresses: Config['tenant']['freshAddresses'];
  /** what was typed in a flow that still waits for its code; undefined when it is over */
  subjectOf(flowId: string): Promise<CodeSubject | undefined>;
  log: Pick<Logger, 'warn' | 'error'>;
  /** pauses between attempts to hand the mail over, ms */
  mailPauses?: readonly number[];
};

export type CodeSubject = { tenantId: string; typed: string; clientAddress: string };

const BATCH = 50;
const TAKEN_TOO_LONG = 5 * 60_000;
const MAIL_PAUSES = [1_000, 5_000, 20_000];

/** Mails go out side by side: a slow mail server delays nobody else's code. */
export class CodeSender {
  readonly #deps: SendCodesDeps;
  readonly #deliveries = new Set<Promise<void>>();

  constructor(deps: SendCodesDeps) {
    this.#deps = deps;
  }

  /** Makes all codes that are wanted, and begins to mail them. */
  async run(): Promise<void> {
    const { store, clock } = this.#deps;
    await store.codes.reclaim(clock() - TAKEN_TOO_LONG);
    for (;;) {
      const claimed = await store.codes.claim(clock(), BATCH);
      for (const wanted of claimed) {
        await this.#begin(wanted).catch((error) => this.#failed(error, wanted.flowId));
      }
      if (claimed.length < BATCH) return;
    }
  }

  /** Until every mail that was begun has been taken or given up. */
  async idle(): Promise<void> {
    while (this.#deliveries.size > 0) await Promise.all(this.#deliveries);
  }

  async #begin(wanted: EmailCode): Promise<void> {
    const { store, subjectOf } = this.#deps;
    const subject = await subjectOf(wanted.flowId);
    if (!subject) return store.codes.markSent(wanted.flowId, wanted.round);
    const code = randomInt(0, 1_000_000).toString().padStart(6, '0');
    const recipient = await store.transaction((stores) => issue(this.#deps, stores, wanted, subject, code));
    const delivery = deliver(this.#deps, wanted, subject, recipient && { recipient, code })
      .catch((error) => this.#failed(error, wanted.flowId))
      .finally(() => this.#deliveries.delete(delivery));
    this.#deliveries.add(delivery);
  }

  #failed(error: unknown, flowId: string): void {
    this.#deps.log.error({ err: error, flowId }, 'a code was not sent');
  }
}

async function deliver(
  deps: SendCodesDeps,
  { flowId, round }: EmailCode,
  subject: CodeSubject,
  addressed: { recipient: Recipient; code: string } | undefined,
): Promise<void> {
  const taken = addressed && (await handOver(deps, addressed.recipient, addressed.code, flowId));
  await deps.store.transaction(async (stores) => {
    await stores.codes.markSent(flowId, round);
    await stores.audit.append({
      tenantId: subject.tenantId,
      at: deps.clock(),
      activity: 'resetFlowProgress',
      result: taken ? 'codeSent' : 'codeNotSent',
      personId: addressed?.recipient.id ?? null,
      flowId,
      clientAddress: subject.clientAddress,
    });
  });
}

type Recipient = Person & { mail: string };

async function issue(
  { secrets, clock, codeSeconds, freshAddresses }: SendCodesDeps,
  { people, throttle, codes, audit }: Stores,
  wanted: EmailCode,
  subject: CodeSubject,
  code: string,
): Promise<Recipient | undefined> {
  const now = clock();
  const person = await people.byTypedName(subject.tenantId, subject.typed);
  const usable = person?.active && person.mail ? { ...person, mail: person.mail } : undefined;
  const accountKey = accountKeyOf(secrets, usable?.id ?? randomUUID());
  const limited =
    (await throttle.blockedUntil('wrongCodes', accountKey, now)) ??
    (await throttle.take('codesAsked', accountKey, now)) ??
    (await throttle.take('codesAskedInADay', accountKey, now));
  const isTooNew = freshAddresses === 'refuse' && usable !== undefined && hasFreshMail(usable, now);
  const recipient = limited === undefined && !isTooNew ? usable : undefined;
  await codes.issue({
    flowId: wanted.flowId,
    round: wanted.round,
    codeHmac: recipient ? codeHmacOf(secrets, wanted.flowId, code) : randomBytes(32).toString('hex'),
    accountKey,
    personId: recipient?.id ?? null,
    expiresAt: now + codeSeconds * 1000,
  });
  if (!recipient) {
    await audit.append({
      tenantId: subject.tenantId,
      at: now,
      activity: usable ? 'resetBlocked' : 'resetFlowProgress',
      result: whyNot(usable, limited),
      personId: person?.id ?? null,
      flowId: wanted.flowId,
      clientAddress: subject.clientAddress,
    });
  }
  return recipient;
}

function whyNot(usable: Recipient | undefined, limited: number | undefined) {
  if (usable === undefined) return 'noUsableAccount';
  return limited === undefined ? 'addressTooNew' : 'accountLimited';
}

async function handOver(
  { mail, site, codeSeconds, log, mailPauses = MAIL_PAUSES }: SendCodesDeps,
  recipient: Recipient,
  code: string,
  flowId: string,
): Promise<boolean> {
  const facts = {
    tenantName: site.tenantName,
    displayName: recipient.displayName ?? recipient.userName,
    support: site.supportContact,
  };
  const letter = writeMail(recipient.mail, site.texts.mail.code(facts, code, Math.round(codeSeconds / 60)));
  for (const pause of [...mailPauses, undefined]) {
    try {
      await mail.send(letter);
      return true;
    } catch (error) {
      // Only the code of the fault: a mail server's sentence can quote the mail.
      const fault = error instanceof Error && 'code' in error ? error.code : undefined;
      log.warn(
        { flowId, code: fault, willRetry: pause !== undefined },
        'the mail server did not take a code',
      );
      if (pause !== undefined) await sleep(pause);
    }
  }
  return false;
}
