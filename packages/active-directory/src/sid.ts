import { DirectoryError } from './errors.ts';

/** `S-1-5-21-…` from the wire form of [MS-DTYP] 2.4.2.2. */
export function sidFromBytes(bytes: Uint8Array): string {
  const count = bytes[1];
  if (count === undefined || count > 15 || bytes.length !== 8 + 4 * count || bytes[0] !== 1)
    throw new DirectoryError('ERR_DIRECTORY_DATA', 'A SID has revision 1 and 8 + 4n bytes.');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const authority = view.getUint16(2) * 2 ** 32 + view.getUint32(4);
  const parts = Array.from({ length: count }, (_, at) => view.getUint32(8 + 4 * at, true));
  return ['S-1', authority, ...parts].join('-');
}

/** @throws {TypeError} if the text is no SID */
export function sidToBytes(text: string): Uint8Array<ArrayBuffer> {
  const match = /^S-1-(\d{1,15})((?:-\d{1,10}){0,15})$/.exec(text);
  const parts = match?.[2] === undefined ? [] : match[2].split('-').slice(1).map(Number);
  const authority = Number(match?.[1]);
  if (!match || authority >= 2 ** 48 || parts.some((part) => part >= 2 ** 32))
    throw new TypeError('not a SID');
  const bytes = new Uint8Array(8 + 4 * parts.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 1);
  view.setUint8(1, parts.length);
  view.setUint16(2, Math.floor(authority / 2 ** 32));
  view.setUint32(4, authority % 2 ** 32);
  for (const [at, part] of parts.entries()) view.setUint32(8 + 4 * at, part, true);
  return bytes;
}

/** The last part, by which well-known principals of a domain are told ([MS-DTYP] 2.4.2.4). */
export function relativeId(sid: string): number {
  return Number(sid.slice(sid.lastIndexOf('-') + 1));
}

/** The domain that issued the SID; undefined for SIDs of no domain, such as `S-1-5-32-544`. */
export function domainOfSid(sid: string): string | undefined {
  return /^S-1-5-21-\d+-\d+-\d+(?=-\d+$)/.exec(sid)?.[0];
}
