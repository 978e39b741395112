/**
 * A password that can be found again wherever it leaked to, in whatever encoding. 24 random letters and digits
 * pass unchanged through JSON, URL, HTML, quoted-printable and LDIF escaping, so one search covers them; the
 * tail proves that everything else is carried exactly.
 */
import { randomInt } from 'node:crypto';
import { type PatternFinder, patternFinder } from './find-patterns.ts';

/** Without vowels: by chance a piece of the person's name would be inside, and the directory refuse it. */
const ALPHABET = 'BCDFGHJKLMNPQRSTVWXZbcdfghjklmnpqrstvwxz0123456789';
const TAIL = '&"<%+ é漢😀';
/** Shorter pieces would be found by chance; longer ones missed where a value is split over two pages. */
const WINDOW = 8;

export type Canary = { password: string; marked: string };

export function newCanary(): Canary {
  const marked = Array.from({ length: 24 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return { password: `${marked}${TAIL}`, marked };
}

export type Encoding = { name: string; encode: (text: string) => Buffer };

const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16();
const ascii = (text: string) => Buffer.from(text, 'latin1');

/** Base64 of bytes that start at `offset` within a group of three: what of it does not depend on neighbours. */
function base64Within(bytes: Buffer, offset: number, alphabet: 'base64' | 'base64url'): Buffer {
  const text = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString(alphabet)
    .replace(/=+$/, '');
  const first = Math.ceil((offset * 8) / 6);
  const last = Math.floor(((offset + bytes.length) * 8) / 6);
  return ascii(text.slice(first, last));
}

export const ENCODINGS: readonly Encoding[] = [
  { name: 'UTF-8', encode: (text) => Buffer.from(text, 'utf8') },
  { name: 'UTF-16LE', encode: (text) => Buffer.from(text, 'utf16le') },
  { name: 'UTF-16BE', encode: utf16be },
  ...(['utf8', 'utf16le'] as const).flatMap((charset) => [
    {
      name: `hex of ${charset}`,
      encode: (text: string) => ascii(Buffer.from(text, charset).toString('hex')),
    },
    {
      name: `HEX of ${charset}`,
      encode: (text: string) => ascii(Buffer.from(text, charset).toString('hex').toUpperCase()),
    },
    ...[0, 1, 2].flatMap((offset) =>
      (['base64', 'base64url'] as const).map((alphabet) => ({
        name: `${alphabet} of ${charset} at ${offset}`,
        encode: (text: string) => base64Within(Buffer.from(text, charset), offset, alphabet),
      })),
    ),
  ]),
];

type Search = { find: PatternFinder; names: readonly string[] };
const searches = new WeakMap<Canary, Search>();

/** Names of the encodings in which any eight characters in a row of the canary are in `bytes`. */
export function findCanary(bytes: Buffer, canary: Canary): string[] {
  const { find, names } = searches.get(canary) ?? searchFor(canary);
  const found = new Set([...find(bytes)].map((index) => names[index]));
  return ENCODINGS.map(({ name }) => name).filter((name) => found.has(name));
}

function searchFor(canary: Canary): Search {
  const { marked } = canary;
  const windows = Array.from({ length: marked.length - WINDOW + 1 }, (_, at) =>
    marked.slice(at, at + WINDOW),
  );
  const patterns = ENCODINGS.flatMap(({ name, encode }) =>
    windows.map((window) => ({ name, bytes: encode(window) })),
  );
  const made = {
    find: patternFinder(patterns.map(({ bytes }) => bytes)),
    names: patterns.map(({ name }) => name),
  };
  searches.set(canary, made);
  return made;
}
