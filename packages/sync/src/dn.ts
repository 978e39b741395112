/**
 * Distinguished names (RFC 4514), as far as the engine needs them: which container holds an object, and which
 * domain. Compared without case, with one spelling for each escaped character.
 */

/** The relative names of `dn` in canonical spelling, the object's own first. */
export function relativeNames(dn: string): readonly string[] {
  return split(dn).map((name) => canonical(name.replace(/\\[0-9a-fA-F]{2}(?:\\[0-9a-fA-F]{2})*/g, escaped)));
}

/** The DN of an object below `from` once that container is called `to`; undefined if it is not below it. */
export function movedDn(dn: string, from: string, to: string): string | undefined {
  if (!isWithin(dn, from)) return undefined;
  const own = split(dn).slice(0, -split(from).length);
  return own.length === 0 ? to : `${own.join(',')},${to}`;
}

/** The relative names as they are spelled. */
function split(dn: string): string[] {
  if (dn === '') return [];
  if (!/[\\;]/.test(dn)) return dn.split(',');
  const names: string[] = [];
  let from = 0;
  for (let at = 0; at < dn.length; at++) {
    const unit = dn.charAt(at);
    if (unit === '\\') at++;
    else if (unit === ',' || unit === ';') {
      names.push(dn.slice(from, at));
      from = at + 1;
    }
  }
  return [...names, dn.slice(from)];
}

/** The DN in one spelling: equal for two DNs of the same object. */
export function canonicalDn(dn: string): string {
  return relativeNames(dn).join(',');
}

/** Whether `dn` is `container` or lies below it. */
export function isWithin(dn: string, container: string): boolean {
  const names = relativeNames(dn);
  const outer = relativeNames(container);
  const depth = names.length - outer.length;
  return depth >= 0 && outer.every((name, index) => names[depth + index] === name);
}

/** DNS name of the domain that holds `dn`: `corp.example.com` for `…,DC=corp,DC=example,DC=com`. */
export function domainOf(dn: string): string {
  return relativeNames(dn)
    .filter((name) => name.startsWith('dc='))
    .map((name) => name.slice('dc='.length))
    .join('.');
}

/** Hex pairs are UTF-8 bytes (RFC 4514 section 2.4): decoded, then escaped again where a letter needs it. */
function escaped(pairs: string): string {
  const text = decodeURIComponentSafely(pairs.replaceAll('\\', '%'));
  return text.replace(/[,+"\\<>;=#]/g, '\\$&');
}

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function canonical(name: string): string {
  const equals = name.indexOf('=');
  if (equals < 0) return name.trim().toLowerCase();
  const type = name.slice(0, equals).trim();
  const value = name.slice(equals + 1).replace(/^ +/, '');
  return `${type}=${/\\ +$/.test(value) ? value : value.trimEnd()}`.toLowerCase();
}
