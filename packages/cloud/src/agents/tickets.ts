/**
 * Tickets for browsers that seal. Nothing is stored for one: it carries what the cloud has to know, under a MAC of
 * the master key, and is worth something only in the flow that it was made for.
 */
import { timingSafeEqual } from 'node:crypto';
import { type Bytes, toHex } from '@homeward/protocol/bytes';
import {
  INNER_HEAD_SIZE,
  KEY_ID_SIZE,
  MAX_RECIPIENTS,
  RECIPIENT_SIZE,
} from '@homeward/protocol/inner-envelope';
import type { Ticket } from '@homeward/protocol/ticket';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Agent } from './agent-registry.ts';
import type { OpenRequest } from './pack-request.ts';

const contents = z.strictObject({
  requestId: z.string(),
  flowId: z.string(),
  personId: z.string(),
  flags: z.number().int(),
  issued: z.number().int(),
  expires: z.number().int(),
  /** ids of the recipients, 8 bytes as hex, with the agent that each belongs to */
  recipients: z
    .array(z.strictObject({ agentId: z.string(), keyId: z.string() }))
    .min(1)
    .max(MAX_RECIPIENTS),
});

export type TicketContents = z.infer<typeof contents>;

/** For a browser: what it seals to, and what the cloud wants back. */
export function ticketFor(secrets: Secrets, request: OpenRequest, agents: readonly Agent[]): Ticket {
  const { id: requestId, tenantId, flowId, personId, operation, flags, issued, expires } = request;
  const recipients = agents.map(({ id: agentId, current }) => ({
    agentId,
    keyId: toHex(current.recipient.keyId),
  }));
  return {
    ticket: writeTicket(secrets, { requestId, flowId, personId, flags, issued, expires, recipients }),
    ...{ tenantId, requestId, operation, flags, cloudAnchor: personId, issued, expires },
    recipients: agents.map(({ current }) => current.passwordKey),
  };
}

function writeTicket(secrets: Secrets, ticket: TicketContents): string {
  const text = Buffer.from(JSON.stringify(ticket)).toString('base64url');
  return `${text}.${secrets.hmac('ticket', text)}`;
}

/** @returns undefined for whatever this cloud did not write */
export function readTicket(secrets: Secrets, ticket: string): TicketContents | undefined {
  const [text = '', mac = ''] = ticket.split('.');
  const expected = Buffer.from(secrets.hmac('ticket', text));
  const given = Buffer.from(mac);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const parsed = contents.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
  return parsed.success ? parsed.data : undefined;
}

export type SealedOrder = { ticket: string; inner: Bytes };
export type SealedAsked = { flowId: string; personId: string; sealed: SealedOrder };
export type SealedCheck = 'good' | 'staleRecipients' | 'refused';

export type CheckDeps = {
  secrets: Secrets;
  clock: Clock;
  /** those of a ticket's recipients that can take a request now */
  usable: (recipients: TicketContents['recipients']) => readonly unknown[];
};

/** Whether a browser's envelope is what its ticket was for, and somebody can still open it. */
export function checkSealed({ secrets, clock, usable }: CheckDeps, asked: SealedAsked): SealedCheck {
  const ticket = readTicket(secrets, asked.sealed.ticket);
  if (ticket?.flowId !== asked.flowId || ticket.personId !== asked.personId) return 'refused';
  const named = recipientsOf(asked.sealed.inner);
  const expected = ticket.recipients.map(({ keyId }) => keyId);
  if (named.length !== expected.length || named.some((keyId, index) => keyId !== expected[index]))
    return 'refused';
  return ticket.expires < clock() || usable(ticket.recipients).length === 0 ? 'staleRecipients' : 'good';
}

/** The recipients that an inner envelope names, 8 bytes as hex each; empty where it is none. */
function recipientsOf(inner: Bytes): string[] {
  const count = inner[2] ?? 0;
  if (count < 1 || count > MAX_RECIPIENTS || inner.length < INNER_HEAD_SIZE + count * RECIPIENT_SIZE)
    return [];
  return Array.from({ length: count }, (_, index) => {
    const at = INNER_HEAD_SIZE + index * RECIPIENT_SIZE;
    return toHex(inner.subarray(at, at + KEY_ID_SIZE));
  });
}
