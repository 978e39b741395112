import { isHeld } from '@homeward/active-directory';
import { isBelowOrAt, sameDn, splitDn, unescapeDnValue } from '@homeward/active-directory/distinguished-name';
import { NEEDED_RIGHTS } from './right-names.ts';
import type { PlaceRight, PlaceRights } from './survey-rights.ts';

/** A line of the table: one OU, with those below it where all is the same. */
export type PlaceRow = {
  label: string;
  place: PlaceRights;
  /** enabled people in all OUs of the line */
  people: number;
  /** how many OUs the line stands for */
  ous: number;
  /** whether one of them counts */
  counts: boolean;
};

/** `places` in the order of the tree, parents first. */
export function placeRows(places: readonly PlaceRights[]): PlaceRow[] {
  const rows: (PlaceRow & { depth: number })[] = [];
  for (const place of places) {
    const above = rows.filter((row) => isBelowOrAt(place.dn, row.place.dn)).at(-1);
    if (above !== undefined && isAlike(above.place, place)) {
      above.ous++;
      above.people += place.people;
      above.counts ||= place.counts;
      continue;
    }
    const depth = above === undefined ? 0 : above.depth + 1;
    const name = nameBelow(place.dn, above?.place.dn);
    const { people, counts } = place;
    rows.push({ label: `${'  '.repeat(depth)}${name}`, depth, place, people, ous: 1, counts });
  }
  return rows;
}

function isAlike(above: PlaceRights, below: PlaceRights): boolean {
  if (above.rights === 'unreadable' || below.rights === 'unreadable') return false;
  if (above.exceptions.length + below.exceptions.length > 0) return false;
  const [upper, lower] = [above.rights, below.rights];
  // What is missing where nobody is stays apart from what is missing where it matters.
  const isFine = NEEDED_RIGHTS.every((right) => !(right in upper) || isHeld(upper[right as PlaceRight]));
  if (above.counts !== below.counts && !isFine) return false;
  return (Object.keys(upper) as PlaceRight[]).every(
    (right) =>
      (isHeld(upper[right]) && isHeld(lower[right])) ||
      (upper[right].state === lower[right].state && upper[right].state !== 'cut'),
  );
}

/** `People/Engineering`; a domain by its DNS name. */
function nameBelow(dn: string, above: string | undefined): string {
  const rdns = splitDn(dn);
  const own = rdns.filter((_, at) => {
    const rest = rdns.slice(at).join(',');
    return above === undefined || (isBelowOrAt(rest, above) && !sameDn(rest, above));
  });
  const isDomain = (rdn: string) => /^DC=/i.test(rdn);
  const named = own.filter((rdn) => !isDomain(rdn));
  if (named.length === 0) return own.map(rdnValue).join('.');
  return named.map(rdnValue).toReversed().join('/');
}

function rdnValue(rdn: string): string {
  return unescapeDnValue(rdn.slice(rdn.indexOf('=') + 1));
}
