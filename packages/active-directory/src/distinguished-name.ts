/**
 * Distinguished names as text, RFC 4514. Only what is needed to make one from typed names and to find a parent;
 * people themselves are named by GUID.
 */

/** One attribute value, escaped: `, + " \ < > ; =`, `#` and spaces at the ends, and control characters. */
export function escapeDnValue(value: string): string {
  return (
    value
      .replaceAll(/[\\,+"<>;=]/g, '\\$&')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what has to be found
      .replaceAll(/[\u0000-\u001f\u007f]/g, (character) => `\\${hex(character)}`)
      .replace(/(?<=.) $/s, '\\ ')
      .replace(/^[ #]/, '\\$&')
  );
}

/** The value that an escaped one stands for. */
export function unescapeDnValue(escaped: string): string {
  const bytes: Buffer[] = [];
  const pattern = /\\([0-9a-fA-F]{2})|\\(.)|([^\\]+)/gsu;
  for (const [, pair, single, plain] of escaped.matchAll(pattern))
    bytes.push(pair === undefined ? Buffer.from(single ?? plain ?? '', 'utf8') : Buffer.from(pair, 'hex'));
  return Buffer.concat(bytes).toString('utf8');
}

/** The RDNs as they are written, split at the commas that separate. */
export function splitDn(dn: string): string[] {
  return dn.match(/(?:\\.|"(?:\\.|[^"\\])*"|[^,\\"])+/gsu)?.map((rdn) => rdn.trimStart()) ?? [];
}

/** undefined for a DN of one RDN. */
export function parentDn(dn: string): string | undefined {
  const rdns = splitDn(dn);
  return rdns.length < 2 ? undefined : rdns.slice(1).join(',');
}

/** Directories compare names without regard to case, and may write one name in two ways. */
export function sameDn(a: string, b: string): boolean {
  return normal(a) === normal(b);
}

/** True for `dn` itself, too. */
export function isBelowOrAt(dn: string, base: string): boolean {
  const [below, above] = [normal(dn), normal(base)];
  return below === above || below.endsWith(`,${above}`);
}

function normal(dn: string): string {
  return splitDn(dn)
    .map((rdn) => {
      const equals = rdn.indexOf('=');
      const value = escapeDnValue(unescapeDnValue(rdn.slice(equals + 1)));
      return `${rdn.slice(0, equals).trim()}=${value}`.toLowerCase();
    })
    .join(',');
}

function hex(character: string): string {
  return Buffer.from(character, 'utf8').toString('hex').toUpperCase();
}
