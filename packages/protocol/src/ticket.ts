/**
 * What a browser needs to seal a password for one request: `POST /reset/password/ticket`, JSON. Fetched when the
 * form is sent, because it lives for two minutes while the page may stand open for fifteen.
 */
import { fromBase64url } from './bytes.ts';
import type { Id } from './id.ts';
import type { Operation } from './operation.ts';
import type { Password } from './password.ts';
import { importRecipient, seal } from './seal.ts';

export type Ticket = {
  /** opaque, goes back with the envelope: what the cloud has to know of the ticket, under its own MAC */
  ticket: string;
  tenantId: Id;
  requestId: Id;
  operation: Operation;
  flags: number;
  cloudAnchor: Id;
  /** Unix ms */
  issued: number;
  /** Unix ms */
  expires: number;
  /** SubjectPublicKeyInfo of one or two agents, base64url */
  recipients: string[];
};

/** Seals a new password to the recipients of a ticket, bound to all that it says. */
export async function sealFor(ticket: Ticket, next: Password): Promise<Uint8Array<ArrayBuffer>> {
  const recipients = await Promise.all(ticket.recipients.map((spki) => importRecipient(fromBase64url(spki))));
  return seal({ next }, ticket, recipients);
}
