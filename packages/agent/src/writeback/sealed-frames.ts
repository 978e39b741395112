/** Frames as they travel: opened with any key generation that the agent holds, made with the current one. */
import { type Bytes, fromHex } from '@homeward/protocol/bytes';
import { ProtocolError } from '@homeward/protocol/errors';
import { EVENTS } from '@homeward/protocol/event';
import { decodeFrameHeader, FROM_AGENT, type FrameHeader } from '@homeward/protocol/frame';
import { type PackageContents, pack, unpack } from '@homeward/protocol/package';
import { type Reply, signReply } from '@homeward/protocol/reply';
import type { WritebackDeps } from './serve-deps.ts';

export type SealDeps = Pick<WritebackDeps, 'tenantId' | 'agentId' | 'keys'>;

/**
 * A package that is not authentic is dropped in silence: whoever forged it learns nothing.
 * @param onForged called for each of them
 */
export async function openFrame(
  { tenantId, agentId, keys, log }: SealDeps & Pick<WritebackDeps, 'log'>,
  frame: Uint8Array,
  onForged?: () => void,
): Promise<PackageContents | undefined> {
  try {
    const { type, agentId: addressee } = decodeFrameHeader(frame);
    if (FROM_AGENT.has(type) || addressee !== agentId) {
      onForged?.();
      return undefined;
    }
    return await unpack(frame, tenantId, (id) => keys.byPackageKeyId(id)?.package);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    onForged?.();
    log.warn(
      { event: EVENTS.cannotDecrypt, code: error.code },
      'a message was dropped: it is not from our cloud',
    );
    return undefined;
  }
}

export function sealFrame(
  { tenantId, agentId, keys }: SealDeps,
  header: Omit<FrameHeader, 'agentId'>,
  body: Bytes,
): Promise<Bytes> {
  return pack({ header: { ...header, agentId }, body }, tenantId, keys.current.package);
}

/** @param sealedDigest of the sealed passwords that are answered, hex; undefined where none arrived */
export async function sealReply(
  { tenantId, agentId, keys }: SealDeps,
  { requestId, expires }: Pick<FrameHeader, 'requestId' | 'expires'>,
  sealedDigest: string | undefined,
  told: Reply,
): Promise<Bytes> {
  const digest = sealedDigest === undefined ? undefined : fromHex(sealedDigest);
  const binding = { tenantId, agentId, requestId, ...(digest && { sealedDigest: digest }) };
  // One generation signs and packs, also when another becomes the current one in between.
  const { identity, package: packageKey } = keys.current;
  const body = await signReply(told, binding, identity.privateKey);
  return pack({ header: { type: 'reply', agentId, requestId, expires }, body }, tenantId, packageKey);
}
