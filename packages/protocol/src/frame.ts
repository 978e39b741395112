/**
 * The part of a message that the relay reads: 42 bytes in the clear. Everything behind it is sealed, and these
 * bytes are authenticated with it, so a relay can drop a message but not redirect it.
 *
 *   offset  size
 *        0     1  protocol version = 1
 *        1     1  type
 *        2    16  agent id (the relay refuses one that is not the session's)
 *       18    16  request id
 *       34     8  expires, Unix ms, big-endian
 */
import { type Bytes, readTime, viewOf, writeTime } from './bytes.ts';
import { ProtocolError } from './errors.ts';
import { type Id, idFromBytes, idToBytes } from './id.ts';

export const PROTOCOL_VERSION = 1;
export const FRAME_HEADER_SIZE = 42;
/** header 42, package head 22, tag 16: a package with an empty body */
export const MIN_FRAME_SIZE = 80;
export const MAX_FRAME_SIZE = 2_048;

/** All carry a package: an unauthenticated grant or settlement would let a relay make two agents act. */
export const FRAME_TYPES = {
  request: 10,
  reply: 11,
  offer: 12,
  claim: 13,
  decline: 14,
  settled: 15,
  whatOf: 16,
  probe: 17,
  probed: 18,
  heartbeat: 19,
} as const;
export type FrameType = keyof typeof FRAME_TYPES;

/** What a relay takes from an agent; it takes the others from the cloud alone. */
export const FROM_AGENT: ReadonlySet<FrameType> = new Set<FrameType>([
  'reply',
  'claim',
  'decline',
  'probed',
  'heartbeat',
]);

export type FrameHeader = {
  type: FrameType;
  agentId: Id;
  requestId: Id;
  /** Unix ms */
  expires: number;
};

const TYPE_OF_CODE = new Map(
  Object.entries(FRAME_TYPES).map(([type, code]) => [code as number, type as FrameType]),
);

export function encodeFrameHeader(header: FrameHeader): Bytes {
  const bytes = new Uint8Array(FRAME_HEADER_SIZE);
  bytes[0] = PROTOCOL_VERSION;
  bytes[1] = FRAME_TYPES[header.type];
  bytes.set(idToBytes(header.agentId), 2);
  bytes.set(idToBytes(header.requestId), 18);
  writeTime(viewOf(bytes), 34, header.expires);
  return bytes;
}

/**
 * Reads the header of a whole frame.
 * @throws {ProtocolError} ERR_FRAME_SIZE, ERR_FRAME_VERSION, ERR_FRAME_TYPE, ERR_FRAME_TIME, in this order of checking
 */
export function decodeFrameHeader(frame: Uint8Array): FrameHeader {
  if (frame.length < MIN_FRAME_SIZE || frame.length > MAX_FRAME_SIZE) {
    throw new ProtocolError('ERR_FRAME_SIZE', `a frame has ${MIN_FRAME_SIZE} to ${MAX_FRAME_SIZE} bytes`);
  }
  if (frame[0] !== PROTOCOL_VERSION) {
    throw new ProtocolError('ERR_FRAME_VERSION', `protocol version ${frame[0]} is not spoken here`);
  }
  const type = TYPE_OF_CODE.get(frame[1] ?? 0);
  if (type === undefined) throw new ProtocolError('ERR_FRAME_TYPE', `frame type ${frame[1]} is unknown`);
  const expires = readTime(viewOf(frame), 34);
  if (Number.isNaN(expires)) throw new ProtocolError('ERR_FRAME_TIME', 'a time that no clock will show');
  return {
    type,
    agentId: idFromBytes(frame.subarray(2, 18)),
    requestId: idFromBytes(frame.subarray(18, 34)),
    expires,
  };
}
