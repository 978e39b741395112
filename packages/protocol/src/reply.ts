/**
 * Body of a REPLY package: 256 bytes of outcome and 64 of Ed25519 signature, always, so that the size tells
 * nothing. The signature ties the outcome to tenant, agent, request and the sealed bytes that were answered.
 *
 *   offset  size
 *        0     2  outcome                       32    16  invocationId of the controller
 *        2     2  event id                      48     1  minimum length
 *        4     2  SSPR number                   49     1  missing character kinds, bits
 *        6     1  broken rules, bits            50     1  history length
 *        7     1  evidence                      51     1  zero
 *        8     8  retry at, Unix ms             52     2  verifier length
 *       16     8  written at, Unix ms           54   128  verifier
 *       24     4  version before               182     1  notes, bits
 *       28     4  version after                183    33  password policy: see policy.ts, then zeros
 */
import { signEd25519, verifyEd25519 } from '#ed25519';
import { type Bytes, concat, context, fromHex, readTime, toHex, viewOf, writeTime } from './bytes.ts';
import { ProtocolError } from './errors.ts';
import { type Id, idToBytes } from './id.ts';
import {
  CHARACTER_KINDS,
  EVIDENCE,
  type Evidence,
  type EvidenceKind,
  NOTES,
  OUTCOMES,
  type Outcome,
  outcomeOfCode,
  type PolicyRefusal,
  RULES,
} from './outcome.ts';
import { type PersonPolicy, readPolicy, writePolicy } from './policy.ts';

export const REPLY_BODY_SIZE = 256;
export const SIGNATURE_SIZE = 64;

export type Reply = {
  outcome: Outcome;
  /** the event id that the agent logged */
  event: number;
  /** with the answer to a dry run */
  policy?: PersonPolicy;
};

export type ReplyBinding = {
  tenantId: Id;
  agentId: Id;
  requestId: Id;
  /** SHA-256 of the inner envelope that was answered; undefined where none arrived */
  sealedDigest?: Uint8Array;
};

export async function signReply(reply: Reply, binding: ReplyBinding, identityKey: CryptoKey): Promise<Bytes> {
  const body = encodeReply(reply);
  return concat(body, await signEd25519(identityKey, signed(body, binding)));
}

/** @throws {ProtocolError} ERR_REPLY_MALFORMED, ERR_REPLY_SIGNATURE */
export async function verifyReply(
  signedBody: Uint8Array,
  binding: ReplyBinding,
  identity: CryptoKey,
): Promise<Reply> {
  if (signedBody.length !== REPLY_BODY_SIZE + SIGNATURE_SIZE) {
    throw new ProtocolError('ERR_REPLY_MALFORMED', 'a reply has 320 bytes');
  }
  const body = new Uint8Array(signedBody.subarray(0, REPLY_BODY_SIZE));
  const signature = new Uint8Array(signedBody.subarray(REPLY_BODY_SIZE));
  if (!(await verifyEd25519(identity, signature, signed(body, binding)))) {
    throw new ProtocolError('ERR_REPLY_SIGNATURE', 'the reply is not signed by the agent that was asked');
  }
  return decodeReply(body);
}

function signed(body: Bytes, binding: ReplyBinding): Bytes {
  const digest = binding.sealedDigest ?? new Uint8Array(32);
  const ids = [binding.tenantId, binding.agentId, binding.requestId].map(idToBytes);
  return concat(context('homeward/reply/v1'), ...ids, digest, body);
}

export function encodeReply({ outcome, event, policy }: Reply): Bytes {
  const body = new Uint8Array(REPLY_BODY_SIZE);
  const view = viewOf(body);
  const refusal = outcome.kind === 'refusedByPolicy' ? outcome.refusal : undefined;
  const row = OUTCOMES[outcome.kind];
  const evidence = outcome.evidence;
  view.setUint16(0, row.code);
  view.setUint16(2, event);
  view.setUint16(4, row.sspr);
  view.setUint8(6, bitsOf(RULES, refusal?.rules));
  view.setUint8(7, EVIDENCE[evidence?.kind ?? 'none']);
  writeTime(view, 8, (outcome.kind === 'refusedByPolicy' ? refusal?.retryAt : outcome.retryAt) ?? 0);
  writeTime(view, 16, evidence?.writtenAt ?? 0);
  view.setUint32(24, evidence?.versionBefore ?? 0);
  view.setUint32(28, evidence?.versionAfter ?? 0);
  if (evidence?.invocationId !== undefined) body.set(fromHex(evidence.invocationId).subarray(0, 16), 32);
  view.setUint8(48, Math.min(refusal?.minimumLength ?? 0, 255));
  view.setUint8(49, bitsOf(CHARACTER_KINDS, refusal?.missingKinds));
  view.setUint8(50, Math.min(refusal?.historyLength ?? 0, 255));
  view.setUint8(182, bitsOf(NOTES, outcome.kind === 'refusedByPolicy' ? undefined : outcome.notes));
  if (policy !== undefined) writePolicy(view, policy);
  return body;
}

/**
 * An outcome that this version does not know reads as `agentFault`; its event id is kept, for the log.
 * @throws {ProtocolError} ERR_REPLY_MALFORMED on a length, or a time or bit that v1 cannot mean
 */
export function decodeReply(body: Uint8Array): Reply {
  if (body.length !== REPLY_BODY_SIZE) throw malformed('length');
  const view = viewOf(body);
  const kind = outcomeOfCode(view.getUint16(0)) ?? 'agentFault';
  const event = view.getUint16(2);
  const evidence = decodeEvidence(body, view);
  const retryAt = time(view, 8);
  const policy = readPolicy(view);
  const told = { event, ...(policy && { policy }) };
  if (kind === 'refusedByPolicy') {
    const refusal: PolicyRefusal = {
      rules: namesOf(RULES, view.getUint8(6)),
      ...(view.getUint8(48) > 0 && { minimumLength: view.getUint8(48) }),
      ...(view.getUint8(49) > 0 && { missingKinds: namesOf(CHARACTER_KINDS, view.getUint8(49)) }),
      ...(view.getUint8(50) > 0 && { historyLength: view.getUint8(50) }),
      ...(retryAt !== undefined && { retryAt }),
    };
    return { ...told, outcome: { kind, refusal, ...(evidence && { evidence }) } };
  }
  const notes = namesOf(NOTES, view.getUint8(182));
  return {
    ...told,
    outcome: {
      kind,
      ...(evidence && { evidence }),
      ...(notes.length > 0 && { notes }),
      ...(retryAt !== undefined && { retryAt }),
    },
  };
}

function decodeEvidence(body: Uint8Array, view: DataView): Evidence | undefined {
  const kind = Object.entries(EVIDENCE).find(([, code]) => code === view.getUint8(7))?.[0] as
    | EvidenceKind
    | undefined;
  if (kind === undefined) throw malformed('evidence');
  if (kind === 'none') return undefined;
  const writtenAt = time(view, 16);
  const invocationId = body.subarray(32, 48);
  return {
    kind,
    ...(view.getUint32(24) > 0 && { versionBefore: view.getUint32(24) }),
    ...(view.getUint32(28) > 0 && { versionAfter: view.getUint32(28) }),
    ...(writtenAt !== undefined && { writtenAt }),
    ...(invocationId.some((byte) => byte !== 0) && { invocationId: toHex(invocationId) }),
  };
}

function time(view: DataView, offset: number): number | undefined {
  const unixMs = readTime(view, offset);
  if (Number.isNaN(unixMs)) throw malformed('time');
  return unixMs === 0 ? undefined : unixMs;
}

function bitsOf<Name extends string>(
  table: Readonly<Record<Name, number>>,
  names: readonly Name[] = [],
): number {
  return names.reduce((bits, name) => bits | table[name], 0);
}

function namesOf<Name extends string>(table: Readonly<Record<Name, number>>, bits: number): Name[] {
  return (Object.keys(table) as Name[]).filter((name) => (bits & table[name]) !== 0);
}

function malformed(what: string): ProtocolError {
  return new ProtocolError('ERR_REPLY_MALFORMED', `the reply is malformed: ${what}`);
}
