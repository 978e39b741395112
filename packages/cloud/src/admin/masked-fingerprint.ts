/** what whoever approves must read from the machine's own terminal */
const HIDDEN = 6;

/** `1a2b-3c4d-…-92••-••••`: all but the characters that have to be typed. */
export function maskFingerprint(fingerprint: string): string {
  let left = fingerprint.replaceAll('-', '').length - HIDDEN;
  return fingerprint.replaceAll(/[0-9a-f]/g, (character) => (left-- > 0 ? character : '•'));
}

/** Blanks, dashes and capital letters do not matter; more than the last characters may be typed. */
export function endsWithTyped(fingerprint: string, typed: string): boolean {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[\s\p{Dash}]/gu, '');
  const entered = plain(typed);
  return entered.length >= HIDDEN && plain(fingerprint).endsWith(entered);
}
