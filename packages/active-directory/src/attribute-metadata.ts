import { DirectoryError } from './errors.ts';
import { filetimeToUnix } from './filetime.ts';

/** Attribute id of `unicodePwd` in every forest: its prefix is part of the schema that Windows ships. */
export const UNICODE_PWD_ATTID = 0x9005a;

/** One attribute's last write. `at` in Unix ms, `controller` is the invocationId as hex, `usn` is the writer's. */
export type AttributeMetadata = {
  attributeId: number;
  version: number;
  at: number;
  controller: string;
  usn: bigint;
};

const HEADER_BYTES = 16;
const ENTRY_BYTES = 48;

/**
 * The entries of `replPropertyMetaData`, a PROPERTY_META_DATA_VECTOR ([MS-DRSR] 5.162): u32 version 1, u32 zero,
 * u32 count, u32 zero, then entries of 48 bytes, all little-endian.
 * @param only of this attribute, where not all are wanted
 * @throws {DirectoryError} ERR_DIRECTORY_DATA
 */
export function parseAttributeMetadata(bytes: Uint8Array, only?: number): AttributeMetadata[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = bytes.length >= HEADER_BYTES ? view.getUint32(8, true) : 0;
  if (
    bytes.length < HEADER_BYTES ||
    view.getUint32(0, true) !== 1 ||
    bytes.length < HEADER_BYTES + count * ENTRY_BYTES
  )
    throw new DirectoryError(
      'ERR_DIRECTORY_DATA',
      'replPropertyMetaData does not have the layout of version 1.',
    );
  const places = Array.from({ length: count }, (_, index) => HEADER_BYTES + index * ENTRY_BYTES);
  const wanted = only === undefined ? places : places.filter((at) => view.getUint32(at, true) === only);
  return wanted.map((at) => ({
    attributeId: view.getUint32(at, true),
    version: view.getUint32(at + 4, true),
    // DSTIME counts seconds since 1601.
    at: filetimeToUnix(view.getBigUint64(at + 8, true) * 10_000_000n),
    controller: Buffer.from(bytes.subarray(at + 16, at + 32)).toString('hex'),
    usn: view.getBigUint64(at + 32, true),
  }));
}
