/**
 * The sourceAnchor: what ties a person in the directory to their account in the cloud for ever. Base64 of 16
 * bytes: mS-DS-ConsistencyGuid where it is set, else objectGUID, both in their raw byte order.
 */

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const BASE64_OF_16_BYTES = /^[A-Za-z0-9+/]{21}[AQgw]==$/;

export function isObjectGuid(text: string): boolean {
  return UUID.test(text);
}

/**
 * The raw 16 bytes of a GUID in base64. The first three groups are little-endian ([MS-DTYP] 2.3.4.2), so the
 * text's digits are not in the order of the bytes.
 *
 * @throws {TypeError} if the text is no UUID
 */
export function anchorOfGuid(guid: string): string {
  if (!isObjectGuid(guid)) throw new TypeError('a GUID is a UUID in text');
  const [a = '', b = '', c = '', d = '', e = ''] = guid.split('-');
  const pairs = [
    ...pairsOf(a).reverse(),
    ...pairsOf(b).reverse(),
    ...pairsOf(c).reverse(),
    ...pairsOf(d + e),
  ];
  return btoa(String.fromCharCode(...pairs.map((pair) => Number.parseInt(pair, 16))));
}

/** A binary attribute of 16 bytes as anchor: base64 as imported, or a GUID in text. Undefined for others. */
export function anchorOfBytes(value: string): string | undefined {
  if (BASE64_OF_16_BYTES.test(value)) return value;
  return isObjectGuid(value) ? anchorOfGuid(value) : undefined;
}

function pairsOf(hex: string): string[] {
  return hex.match(/../g) ?? [];
}
