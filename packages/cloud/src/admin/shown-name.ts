const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/**
 * A name, or another text that a machine chose, as pages show it within words of ours. Letters of a script that is
 * written from right to left would turn the words beside them round, so they are isolated (Unicode UAX #9, section
 * 2.4: FSI … PDI). No name has control characters today; one that an older version took, or an event, may have.
 */
export function shownName(name: string): string {
  const plain = name.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
  return RIGHT_TO_LEFT.test(plain) ? `\u2068${plain}\u2069` : plain;
}
