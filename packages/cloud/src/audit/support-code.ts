/**
 * The support code: the beginning of a reset's id, short enough to be read over the phone. Eight hexadecimal digits
 * are not unique for ever, so whoever looks one up has to expect more than one reset.
 */
const GROUP = 4;
const LONGEST = 32;
const SHORTEST = GROUP;
/** between the dashes of an id in text (RFC 9562 section 4) */
const PARTS = [
  [0, 8],
  [8, 12],
  [12, 16],
  [16, 20],
  [20, LONGEST],
] as const;

/** @returns two groups of four, such as `4D33-385A` */
export function supportCodeOf(id: string): string {
  const digits = id.slice(0, 2 * GROUP).toUpperCase();
  return `${digits.slice(0, GROUP)}-${digits.slice(GROUP)}`;
}

/**
 * Takes whatever blanks, dashes and capital letters it was typed with, and the whole id as well. An O that was heard
 * for a zero is one, and an I or L is a one: no such letter is in a code.
 *
 * @returns how the ids begin that it stands for, with their dashes; undefined where it is none
 */
export function readSupportCode(typed: string): string | undefined {
  const digits = typed
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[\s\p{Dash}]/gu, '')
    .replaceAll('o', '0')
    .replaceAll(/[il]/g, '1');
  if (!/^[0-9a-f]+$/.test(digits) || digits.length < SHORTEST || digits.length > LONGEST) return undefined;
  return PARTS.map(([from, to]) => digits.slice(from, to))
    .filter((part) => part !== '')
    .join('-');
}
