/**
 * Body of a REQUEST package: what is asked, for whom, by whom, until when, and the sealed passwords.
 *
 *   offset  size
 *        0     1  operation
 *        1     1  flags: 1 must change, 2 unlock too, 4 sealed by the cloud
 *        2    16  cloudAnchor
 *       18    16  actor id: the person, or the administrator
 *       34     8  issued, Unix ms
 *       42     8  expires, Unix ms; the frame's, else refused
 *       50     2  length of the inner envelope (0 for unlock and dry run)
 *       52     …  inner envelope
 */
import { type Bytes, concat, readTime, viewOf, writeTime } from './bytes.ts';
import { ProtocolError } from './errors.ts';
import { type Id, idFromBytes, idToBytes } from './id.ts';
import { KNOWN_FLAGS, OPERATIONS, type Operation, operationOfCode } from './operation.ts';

export const REQUEST_HEAD_SIZE = 52;

export type RequestBody = {
  operation: Operation;
  /** bits of FLAGS */
  flags: number;
  cloudAnchor: Id;
  actorId: Id;
  /** Unix ms */
  issued: number;
  /** Unix ms */
  expires: number;
  inner: Bytes;
};

export function encodeRequest(request: RequestBody): Bytes {
  const head = new Uint8Array(REQUEST_HEAD_SIZE);
  const view = viewOf(head);
  head[0] = OPERATIONS[request.operation].code;
  head[1] = request.flags;
  head.set(idToBytes(request.cloudAnchor), 2);
  head.set(idToBytes(request.actorId), 18);
  writeTime(view, 34, request.issued);
  writeTime(view, 42, request.expires);
  view.setUint16(50, request.inner.length);
  return concat(head, request.inner);
}

/** @throws {ProtocolError} ERR_REQUEST_MALFORMED: lengths, an operation, flag or time that v1 does not have */
export function decodeRequest(body: Uint8Array): RequestBody {
  if (body.length < REQUEST_HEAD_SIZE) throw malformed('too short');
  const view = viewOf(body);
  const operation = operationOfCode(view.getUint8(0));
  if (operation === undefined) throw malformed('unknown operation');
  const flags = view.getUint8(1);
  if ((flags & ~KNOWN_FLAGS) !== 0) throw malformed('unknown flag');
  if (view.getUint16(50) !== body.length - REQUEST_HEAD_SIZE) throw malformed('length of the inner envelope');
  const hasInner = body.length > REQUEST_HEAD_SIZE;
  if (hasInner !== (OPERATIONS[operation].password !== 'none'))
    throw malformed('sealed passwords do not fit the operation');
  const issued = readTime(view, 34);
  const expires = readTime(view, 42);
  if (Number.isNaN(issued) || Number.isNaN(expires)) throw malformed('time out of range');
  return {
    operation,
    flags,
    cloudAnchor: idFromBytes(body.subarray(2, 18)),
    actorId: idFromBytes(body.subarray(18, 34)),
    issued,
    expires,
    inner: new Uint8Array(body.subarray(REQUEST_HEAD_SIZE)),
  };
}

function malformed(what: string): ProtocolError {
  return new ProtocolError('ERR_REQUEST_MALFORMED', `the request is malformed: ${what}`);
}
