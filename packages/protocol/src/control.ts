/**
 * Bodies of the small packages around a request: who may have it, and whether it is over. Offers carry no password,
 * so an agent that loses one has learned nothing new.
 *
 *   OFFER    0  1  offer number, from 1       CLAIM    0  1  offer number
 *            1  1  operation                  DECLINE  0  1  offer number
 *            2  1  flags, and 128: no other is left      1  1  reason
 *            3 16  cloudAnchor                SETTLED, WHAT-OF, PROBE   empty
 */
import type { Bytes } from './bytes.ts';
import { ProtocolError } from './errors.ts';
import { type Id, idFromBytes, idToBytes } from './id.ts';
import { KNOWN_FLAGS, OPERATIONS, type Operation, operationOfCode } from './operation.ts';

export const OFFER_SIZE = 19;

export type Offer = {
  /** 1 to 255: tells a claim for this offer from one that comes late for an earlier one */
  number: number;
  operation: Operation;
  flags: number;
  cloudAnchor: Id;
  /** no other agent is left to ask: one that may fail is better than none */
  isLast: boolean;
};

const LAST = 128;

/** Why another agent may do better. What no agent may do is claimed, and answered with an outcome. */
export const DECLINE_REASONS = { directoryUnreachable: 1, notServed: 2, busy: 3, stopping: 4 } as const;
export type DeclineReason = keyof typeof DECLINE_REASONS;

export type Decline = { offer: number; reason: DeclineReason };

export function encodeOffer(offer: Offer): Bytes {
  const body = new Uint8Array(OFFER_SIZE);
  body.set([offer.number, OPERATIONS[offer.operation].code, offer.flags | (offer.isLast ? LAST : 0)]);
  body.set(idToBytes(offer.cloudAnchor), 3);
  return body;
}

/** @throws {ProtocolError} ERR_CONTROL_MALFORMED */
export function decodeOffer(body: Uint8Array): Offer {
  const [number = 0, code = 0, bits = 0] = body;
  const flags = bits & ~LAST;
  const operation = operationOfCode(code);
  if (body.length !== OFFER_SIZE || number === 0 || operation === undefined || (flags & ~KNOWN_FLAGS) !== 0)
    throw malformed('offer');
  return { number, operation, flags, cloudAnchor: idFromBytes(body.subarray(3)), isLast: bits !== flags };
}

export function encodeClaim(offer: number): Bytes {
  return Uint8Array.of(offer);
}

/** @throws {ProtocolError} ERR_CONTROL_MALFORMED */
export function decodeClaim(body: Uint8Array): number {
  const [offer = 0] = body;
  if (body.length !== 1 || offer === 0) throw malformed('claim');
  return offer;
}

export function encodeDecline({ offer, reason }: Decline): Bytes {
  return Uint8Array.of(offer, DECLINE_REASONS[reason]);
}

/** @throws {ProtocolError} ERR_CONTROL_MALFORMED */
export function decodeDecline(body: Uint8Array): Decline {
  const [offer = 0, code] = body;
  const reason = (Object.keys(DECLINE_REASONS) as DeclineReason[]).find(
    (name) => DECLINE_REASONS[name] === code,
  );
  if (body.length !== 2 || offer === 0 || reason === undefined) throw malformed('decline');
  return { offer, reason };
}

function malformed(what: string): ProtocolError {
  return new ProtocolError('ERR_CONTROL_MALFORMED', `the ${what} is malformed`);
}
