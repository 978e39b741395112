import { DirectoryError } from './errors.ts';

/** Lower-case text of an objectGUID. Its first three fields are little-endian on the wire ([MS-DTYP] 2.3.4.2). */
export function guidFromBytes(bytes: Uint8Array): string {
  if (bytes.length !== 16) throw new DirectoryError('ERR_DIRECTORY_DATA', 'A GUID has 16 bytes.');
  const hex = swapFields(bytes).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** @throws {TypeError} if the text is no GUID */
export function guidToBytes(text: string): Buffer {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) throw new TypeError('not a GUID');
  return swapFields(Buffer.from(text.replaceAll('-', ''), 'hex'));
}

/**
 * The DN that names an object by its GUID ([MS-ADTS] 3.1.1.3.1.2.4). It survives renames and moves and needs no
 * escaping. The undashed form takes the bytes in wire order.
 */
export function guidDn(text: string): string {
  return `<GUID=${guidToBytes(text).toString('hex')}>`;
}

function swapFields(bytes: Uint8Array): Buffer {
  const out = Buffer.from(bytes);
  out.subarray(0, 4).reverse();
  out.subarray(4, 6).reverse();
  out.subarray(6, 8).reverse();
  return out;
}
