/**
 * What an agent states to its cloud about keys, and the cloud's answer, as bodies of HTTPS requests below
 * `/agents`. Sealed like a package, so that whoever ends TLS on the way can neither read a key in it nor give an
 * answer that makes an agent destroy one.
 *
 *   offset  size
 *        0     1  version = 1
 *        1     1  kind
 *        2    16  agent id
 *       18    16  statement id, random; the answer repeats it
 *       34     8  package key id
 *       42    12  nonce, random
 *       54     n  ciphertext of AES-256-GCM
 *     54+n    16  tag
 *
 * Associated data: "homeward/statement/v1\0", tenant id, bytes 0 to 53.
 */
import { openAead, sealAead } from '#aead';
import { type Bytes, concat, context, fromHex, randomBytes, toHex } from './bytes.ts';
import { ProtocolError } from './errors.ts';
import { type Id, idFromBytes, idToBytes } from './id.ts';
import type { PackageKey } from './package.ts';

export const STATEMENT_KINDS = { keys: 1, ready: 2, retired: 3, recipients: 4, answer: 16 } as const;
export type StatementKind = keyof typeof STATEMENT_KINDS;

export type Statement = { kind: StatementKind; agentId: Id; id: Id; body: Bytes };

const VERSION = 1;
const NONCE_AT = 42;
const HEAD_SIZE = 54;
const TAG_SIZE = 16;
export const MAX_STATEMENT_SIZE = 16_384;

export async function sealStatement(statement: Statement, tenantId: Id, key: PackageKey): Promise<Bytes> {
  const head = concat(
    Uint8Array.of(VERSION, STATEMENT_KINDS[statement.kind]),
    idToBytes(statement.agentId),
    idToBytes(statement.id),
    fromHex(key.id),
    randomBytes(HEAD_SIZE - NONCE_AT),
  );
  const { iv, additionalData } = gcm(head, tenantId);
  return concat(head, await sealAead(key.key, iv, additionalData, statement.body));
}

/**
 * @param keyOf the agent's package key with this id (8 bytes as hex), or undefined
 * @throws {ProtocolError} ERR_STATEMENT_MALFORMED, ERR_PACKAGE_KEY, ERR_PACKAGE_OPEN
 */
export async function openStatement(
  bytes: Uint8Array,
  tenantId: Id,
  keyOf: (packageKeyId: string, agentId: Id) => PackageKey | undefined,
): Promise<Statement & { packageKeyId: string }> {
  const kind = kindOf(bytes[1]);
  if (
    bytes.length < HEAD_SIZE + TAG_SIZE ||
    bytes.length > MAX_STATEMENT_SIZE ||
    bytes[0] !== VERSION ||
    kind === undefined
  )
    throw new ProtocolError('ERR_STATEMENT_MALFORMED', 'this is no statement of this version');
  const head = new Uint8Array(bytes.subarray(0, HEAD_SIZE));
  const agentId = idFromBytes(head.subarray(2, 18));
  const packageKeyId = toHex(head.subarray(34, NONCE_AT));
  const key = keyOf(packageKeyId, agentId);
  if (key === undefined) throw new ProtocolError('ERR_PACKAGE_KEY', 'no such package key');
  try {
    const sealed = new Uint8Array(bytes.subarray(HEAD_SIZE));
    const { iv, additionalData } = gcm(head, tenantId);
    const body = await openAead(key.key, iv, additionalData, sealed);
    return { kind, agentId, id: idFromBytes(head.subarray(18, 34)), packageKeyId, body };
  } catch (cause) {
    throw new ProtocolError('ERR_PACKAGE_OPEN', 'the statement does not open', { cause });
  }
}

function kindOf(code: number | undefined): StatementKind | undefined {
  return (Object.keys(STATEMENT_KINDS) as StatementKind[]).find((kind) => STATEMENT_KINDS[kind] === code);
}

function gcm(head: Bytes, tenantId: Id) {
  return {
    iv: head.slice(NONCE_AT),
    additionalData: concat(context('homeward/statement/v1'), idToBytes(tenantId), head),
  };
}
