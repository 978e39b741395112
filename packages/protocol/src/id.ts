import { type Bytes, fromHex, toHex } from './bytes.ts';

/**
 * Ids of tenants, agents, people (the cloudAnchor) and requests: 16 random bytes on the wire, a lower-case UUID
 * in text (RFC 9562 version 4). A request's id is also its trace id.
 */
export type Id = string;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function newId(): Id {
  return crypto.randomUUID();
}

export function isId(text: string): text is Id {
  return UUID.test(text);
}

/** @throws {TypeError} if the text is no lower-case UUID */
export function idToBytes(id: Id): Bytes {
  if (!isId(id)) throw new TypeError('an id is a lower-case UUID');
  return fromHex(id.replaceAll('-', ''));
}

/** @throws {TypeError} unless 16 bytes */
export function idFromBytes(bytes: Uint8Array): Id {
  if (bytes.length !== 16) throw new TypeError('an id has 16 bytes');
  const hex = toHex(bytes);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
