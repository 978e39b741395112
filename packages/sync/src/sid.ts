/**
 * A binary SID ([MS-DTYP] 2.4.2.2) in base64 as text, `S-1-5-21-…`; one that is text already stays as it is.
 * Undefined for anything else.
 */
export function sidOfBytes(value: string): string | undefined {
  if (/^S-1-\d+(-\d+)*$/i.test(value)) return value.toUpperCase();
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(value) || value.length % 4 !== 0) return undefined;
  const bytes = Uint8Array.from(atob(value), (unit) => unit.charCodeAt(0));
  const count = bytes[1];
  if (bytes[0] !== 1 || count === undefined || count > 15 || bytes.length !== 8 + 4 * count) return undefined;
  const view = new DataView(bytes.buffer);
  const authority = view.getUint16(2) * 2 ** 32 + view.getUint32(4);
  const parts = Array.from({ length: count }, (_, at) => view.getUint32(8 + 4 * at, true));
  return ['S-1', authority, ...parts].join('-');
}
