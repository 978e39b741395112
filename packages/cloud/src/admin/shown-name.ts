/**
 * A name that a machine gave itself, as pages show it within words of ours. A name of right-to-left letters would
 * turn the words beside it round, so it is isolated (Unicode UAX #9, section 2.4: FSI … PDI); what an older version
 * enrolled may have characters that no name may have today.
 */
export function shownName(name: string): string {
  const plain = name.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
  return /^[ -~]*$/.test(plain) ? plain : `\u2068${plain}\u2069`;
}
