import { randomInt } from 'node:crypto';

const UPPER = 'BCDFGHJKMNPQRSTVWXZ';
const LOWER = 'bcdfghjkmnpqrstvwxz';
const DIGITS = '23456789';

/**
 * 17 characters that a person can read aloud and type: about 57 bits, always complex enough for Active Directory,
 * without vowels (so it cannot contain a name) and without signs that look alike.
 */
export function inventPassword(): string {
  const group = () => pick(UPPER) + pick(LOWER) + pick(DIGITS) + pick(LOWER + UPPER);
  const groups = [group(), group(), group()];
  return `${groups.join('-')}-${pick(LOWER)}${pick(DIGITS)}`;
}

function pick(characters: string): string {
  return characters.charAt(randomInt(characters.length));
}
