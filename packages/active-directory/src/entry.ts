import type { Entry } from 'ldapts';
import { DirectoryError } from './errors.ts';
import { guidFromBytes } from './guid.ts';
import { sidFromBytes } from './sid.ts';

/** One object as it was answered: values are bytes, found by lower-case attribute name. */
export type DirectoryEntry = { dn: string; values: ReadonlyMap<string, readonly Buffer[]> };

export function entryOf(raw: Entry): DirectoryEntry {
  const values = new Map<string, Buffer[]>();
  for (const [name, value] of Object.entries(raw)) {
    if (name === 'dn') continue;
    const list = Array.isArray(value) ? value : [value];
    const bytes = list.map((one) => (typeof one === 'string' ? Buffer.from(one, 'utf8') : one));
    if (bytes.length > 0) values.set(name.toLowerCase(), bytes);
  }
  return { dn: raw.dn, values };
}

export function bytesOf(entry: DirectoryEntry, name: string): Buffer | undefined {
  return entry.values.get(name.toLowerCase())?.[0];
}

export function textOf(entry: DirectoryEntry, name: string): string | undefined {
  return bytesOf(entry, name)?.toString('utf8');
}

export function textsOf(entry: DirectoryEntry, name: string): string[] {
  return (entry.values.get(name.toLowerCase()) ?? []).map((value) => value.toString('utf8'));
}

/** INTEGER syntax: 32 bits, signed. */
export function integerOf(entry: DirectoryEntry, name: string): number | undefined {
  const text = textOf(entry, name);
  return text === undefined ? undefined : Number(text);
}

/** LargeInteger syntax: 64 bits, so never a JavaScript number. */
export function largeIntegerOf(entry: DirectoryEntry, name: string): bigint | undefined {
  const text = textOf(entry, name);
  if (text === undefined) return undefined;
  if (!/^-?\d{1,20}$/.test(text))
    throw new DirectoryError('ERR_DIRECTORY_DATA', `${name} of ${entry.dn} is no integer.`);
  return BigInt(text);
}

export function guidOf(entry: DirectoryEntry, name: string): string | undefined {
  const bytes = bytesOf(entry, name);
  return bytes && guidFromBytes(bytes);
}

export function sidOf(entry: DirectoryEntry, name: string): string | undefined {
  const bytes = bytesOf(entry, name);
  return bytes && sidFromBytes(bytes);
}

export function sidsOf(entry: DirectoryEntry, name: string): string[] {
  return (entry.values.get(name.toLowerCase()) ?? []).map((value) => sidFromBytes(value));
}
