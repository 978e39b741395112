/**
 * The outer package: AES-256-GCM between one agent and the cloud, under a key of that agent and generation.
 * It hides who, when and which operation from the relay, and proves to each side that the other sent it.
 *
 *   offset  size
 *       42     1  package version = 1
 *       43     1  suite: 1 = RSA-OAEP-256 + AES-256-GCM + Ed25519
 *       44     8  package key id, random
 *       52    12  nonce, random
 *       64     n  ciphertext
 *     64+n    16  tag
 *
 * Associated data: "homeward/<type>/v1\0", tenant id, bytes 0 to 63. Tenant, direction, agent, request and
 * deadline are bound by it and cost nothing on the wire.
 */
import { type AeadKey, importAeadKey, openAead, sealAead } from '#aead';
import { type Bytes, concat, context, fromHex, randomBytes, toHex } from './bytes.ts';
import { ProtocolError } from './errors.ts';
import { decodeFrameHeader, encodeFrameHeader, type FrameHeader } from './frame.ts';
import { type Id, idToBytes } from './id.ts';

export const PACKAGE_VERSION = 1;
export const SUITE_1 = 1;
export const PACKAGE_HEAD_SIZE = 64;
const NONCE_SIZE = 12;

export type PackageKey = {
  /** 8 bytes as lower-case hex */
  id: string;
  key: AeadKey;
};

/** @param raw 32 bytes; the caller may zero them afterwards */
export async function importPackageKey(id: string, raw: Bytes): Promise<PackageKey> {
  return { id, key: await importAeadKey(raw) };
}

export type PackageContents = { header: FrameHeader; body: Bytes };

export async function pack(contents: PackageContents, tenantId: Id, packageKey: PackageKey): Promise<Bytes> {
  const head = concat(
    encodeFrameHeader(contents.header),
    Uint8Array.of(PACKAGE_VERSION, SUITE_1),
    packageKeyIdBytes(packageKey.id),
    randomBytes(NONCE_SIZE),
  );
  const { iv, additionalData } = gcm(head, contents.header, tenantId);
  return concat(head, await sealAead(packageKey.key, iv, additionalData, contents.body));
}

/**
 * Opens a package and returns its header, now authenticated, and body.
 * @param keyOf the package key with this id, or undefined
 * @throws {ProtocolError} what decodeFrameHeader throws, then ERR_PACKAGE_VERSION, ERR_PACKAGE_SUITE,
 *   ERR_PACKAGE_KEY, ERR_PACKAGE_OPEN
 */
export async function unpack(
  frame: Uint8Array,
  tenantId: Id,
  keyOf: (id: string) => PackageKey | undefined,
): Promise<PackageContents> {
  const header = decodeFrameHeader(frame);
  if (frame[42] !== PACKAGE_VERSION)
    throw new ProtocolError('ERR_PACKAGE_VERSION', 'unknown package version');
  if (frame[43] !== SUITE_1) throw new ProtocolError('ERR_PACKAGE_SUITE', 'unknown suite');
  const packageKey = keyOf(toHex(frame.subarray(44, 52)));
  if (packageKey === undefined) throw new ProtocolError('ERR_PACKAGE_KEY', 'no such package key');
  const head = new Uint8Array(frame.subarray(0, PACKAGE_HEAD_SIZE));
  try {
    const { iv, additionalData } = gcm(head, header, tenantId);
    const sealed = new Uint8Array(frame.subarray(PACKAGE_HEAD_SIZE));
    return { header, body: await openAead(packageKey.key, iv, additionalData, sealed) };
  } catch (cause) {
    throw new ProtocolError('ERR_PACKAGE_OPEN', 'the package does not open', { cause });
  }
}

function gcm(head: Bytes, header: FrameHeader, tenantId: Id) {
  return {
    iv: head.slice(PACKAGE_HEAD_SIZE - NONCE_SIZE),
    additionalData: concat(context(`homeward/${header.type}/v1`), idToBytes(tenantId), head),
  };
}

function packageKeyIdBytes(id: string): Bytes {
  if (!/^[0-9a-f]{16}$/.test(id)) throw new TypeError('a package key id is 8 bytes as hex');
  return fromHex(id);
}
