import { brotliDecompressSync, constants, inflateRawSync, inflateSync, zstdDecompressSync } from 'node:zlib';

const GZIP = Buffer.from([0x1f, 0x8b, 0x08]);
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
/** What has no mark of its own is tried as a whole, where that is quickly done. */
const UNMARKED = 1_000_000;

/** All that can be decompressed in there: the whole of it, and streams in the middle that carry a mark. */
export function decompressed(bytes: Buffer): Buffer[] {
  const whole = bytes.length < UNMARKED ? [brotliDecompressSync, inflateSync, inflateRawSync] : [inflateSync];
  return [
    ...whole.flatMap((decompress) => attempt(() => decompress(bytes))),
    ...placesOf(GZIP, bytes).flatMap((at) => gunzipFrom(bytes.subarray(at))),
    ...placesOf(ZSTD, bytes).flatMap((at) => attempt(() => zstdDecompressSync(bytes.subarray(at)))),
  ];
}

function placesOf(mark: Buffer, bytes: Buffer): number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + 1)) places.push(at);
  return places;
}

const [HEADER_CHECKSUM, EXTRA, NAME, COMMENT] = [2, 4, 8, 16];

/** Without its end (RFC 1952, 2.3.1): what follows a stream in the middle of a file is none of it. */
function gunzipFrom(bytes: Buffer): Buffer[] {
  const flags = bytes[3] ?? 0;
  let at = 10;
  if (flags & EXTRA) at += 2 + (bytes.length >= at + 2 ? bytes.readUInt16LE(at) : 0);
  for (const text of [NAME, COMMENT]) if (flags & text) at = bytes.indexOf(0, at) + 1;
  if (flags & HEADER_CHECKSUM) at += 2;
  const body = bytes.subarray(at);
  return attempt(() => inflateRawSync(body, { finishFlush: constants.Z_SYNC_FLUSH }));
}

function attempt(decompress: () => Buffer): Buffer[] {
  try {
    const content = decompress();
    return content.length > 0 ? [content] : [];
  } catch {
    return [];
  }
}
