/**
 * Who receives the passwords of an agent's forests: `POST /agents/keys/recipients`, a sealed statement without a
 * body, answered by a sealed list. An agent shows it to whoever administers its machine, so that one that was
 * smuggled in is seen on every other. JSON, because it is read by people.
 */
import type { Bytes } from './bytes.ts';
import { ProtocolError } from './errors.ts';
import type { Id } from './id.ts';

export type AgentRecipient = {
  agentId: Id;
  name: string;
  /** of its current identity key: see identityFingerprint */
  fingerprint: string;
  /** SIDs of the forests that it shares with the asking agent */
  forests: string[];
  /** receives: passwords are sealed to it; waits: not before it is admitted */
  state: 'receives' | 'waits';
  /** Unix ms */
  enrolledAt: number;
};

/** Over this, the oldest are told and the number of the others. */
export const MAX_RECIPIENTS = 20;

export type RecipientList = { recipients: AgentRecipient[]; more: number };

export function encodeRecipients(list: RecipientList): Bytes {
  return new TextEncoder().encode(JSON.stringify(list));
}

/** @throws {ProtocolError} ERR_STATEMENT_MALFORMED */
export function decodeRecipients(body: Uint8Array): RecipientList {
  try {
    const list: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    if (isList(list)) return list;
  } catch (cause) {
    throw malformed(cause);
  }
  throw malformed();
}

function isList(value: unknown): value is RecipientList {
  if (typeof value !== 'object' || value === null) return false;
  const { recipients, more } = value as Partial<RecipientList>;
  return Number.isSafeInteger(more) && Array.isArray(recipients) && recipients.every(isRecipient);
}

function isRecipient(value: unknown): value is AgentRecipient {
  if (typeof value !== 'object' || value === null) return false;
  const { agentId, name, fingerprint, forests, state, enrolledAt } = value as Partial<AgentRecipient>;
  return (
    [agentId, name, fingerprint].every((text) => typeof text === 'string') &&
    Array.isArray(forests) &&
    forests.every((sid) => typeof sid === 'string') &&
    (state === 'receives' || state === 'waits') &&
    Number.isSafeInteger(enrolledAt)
  );
}

function malformed(cause?: unknown): ProtocolError {
  return new ProtocolError('ERR_STATEMENT_MALFORMED', 'the list of recipients is malformed', { cause });
}
