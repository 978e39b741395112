import { ACE_FLAG, type Ace } from './security-descriptor.ts';

/** Rights bits of directory objects, [MS-ADTS] 5.1.3.2. */
export const MASK = {
  listContents: 0x4,
  readProperty: 0x10,
  writeProperty: 0x20,
  listObject: 0x80,
  controlAccess: 0x100,
  readControl: 0x2_0000,
} as const;

/** What the generic bits stand for on directory objects, [MS-ADTS] 5.1.3.2. */
const GENERIC: readonly (readonly [number, number])[] = [
  [0x8000_0000, 0x2_0094],
  [0x4000_0000, 0x2_0028],
  [0x2000_0000, 0x2_0004],
  [0x1000_0000, 0xf_01ff],
];

/**
 * One bit, on what: the GUIDs of an extended right, or of an attribute and the property set that it belongs to.
 * An ACE without an object type is about all of them.
 */
export type Access = { mask: number; objectTypes: readonly string[] };

type PlainAce = Exclude<Ace, { kind: 'other' }>;

/** The ACE that decides, or undefined where none does, which denies ([MS-ADTS] 5.1.3.3.2, for one bit). */
export function decidingAce(
  aces: readonly Ace[],
  token: ReadonlySet<string>,
  access: Access,
): PlainAce | undefined {
  return aces.find(
    (ace): ace is PlainAce =>
      ace.kind !== 'other' &&
      (ace.flags & ACE_FLAG.inheritOnly) === 0 &&
      token.has(ace.sid) &&
      isAbout(ace, access),
  );
}

export function isAbout(ace: PlainAce, access: Access): boolean {
  return (
    (expand(ace.mask) & access.mask) === access.mask &&
    (ace.objectType === undefined || access.objectTypes.includes(ace.objectType))
  );
}

/** The ACEs that a new child of this class takes over ([MS-ADTS] 6.1.3.4, as far as an access check needs it). */
export function inheritedAces(aces: readonly Ace[], classGuid: string): PlainAce[] {
  return aces.flatMap((ace) => {
    if (ace.kind === 'other' || (ace.flags & ACE_FLAG.container) === 0) return [];
    if (ace.inheritedType !== undefined && ace.inheritedType !== classGuid) return [];
    return [{ ...ace, flags: (ace.flags & ~ACE_FLAG.inheritOnly) | ACE_FLAG.inherited }];
  });
}

function expand(mask: number): number {
  return GENERIC.reduce((all, [bit, meaning]) => (mask & bit ? all | meaning : all), mask);
}
