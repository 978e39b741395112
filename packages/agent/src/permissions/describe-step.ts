import type { RightsStep, Trustee } from '@homeward/active-directory';
import { MASK } from '@homeward/active-directory/access-check';
import { ACE_FLAG, type Ace } from '@homeward/active-directory/security-descriptor';
import { RIGHT_NAMES } from './right-names.ts';

export type Entry = { change: 'set owner' | 'remove' | 'add'; text: string };

type PlainAce = Exclude<Ace, { kind: 'other' }>;

const BITS: readonly (readonly [number, string])[] = [
  [MASK.listContents, 'List contents'],
  [MASK.readProperty, 'Read all properties'],
  [MASK.writeProperty, 'Write all properties'],
  [MASK.controlAccess, 'All extended rights'],
  [MASK.listObject, 'List object'],
  [MASK.readControl, 'Read permissions'],
];

/** The ACEs of a step as Active Directory's permission dialogs name them. */
export function describeStep(step: RightsStep, trustee: Trustee, marker: string): Entry[] {
  const describe = (ace: Ace) => describeAce(ace, step, trustee, marker);
  return [
    ...(step.takeOwnership ? [{ change: 'set owner' as const, text: 'BUILTIN\\Administrators' }] : []),
    ...step.remove.map((ace) => ({ change: 'remove' as const, text: describe(ace) })),
    ...step.add.map((ace) => ({ change: 'add' as const, text: describe(ace) })),
  ];
}

function describeAce(ace: Ace, { right }: RightsStep, trustee: Trustee, marker: string): string {
  if (ace.kind === 'other') return 'an entry of another kind';
  const kind = ace.kind === 'allow' ? 'Allow' : 'Deny';
  const who = ace.sid === trustee.sid ? trustee.name : ace.sid;
  return `${kind} ${who}: ${accessOf(ace, right, marker)}; on ${appliesTo(ace)}`;
}

/** One property or extended right by its name; else every bit of the mask by its own. */
function accessOf(ace: PlainAce, right: RightsStep['right'], marker: string): string {
  if (ace.objectType !== undefined)
    return right === 'writeMarker' ? `Write ${marker}` : RIGHT_NAMES[right].name;
  const known = BITS.filter(([bit]) => (ace.mask & bit) !== 0);
  const rest = known.reduce((mask, [bit]) => mask & ~bit, ace.mask) >>> 0;
  return [...known.map(([, name]) => name), ...(rest === 0 ? [] : [`0x${rest.toString(16)}`])].join(', ');
}

function appliesTo(ace: PlainAce): string {
  if ((ace.flags & ACE_FLAG.container) === 0) return 'this object only';
  const below = ace.inheritedType === undefined ? 'all descendant objects' : 'descendant User objects';
  return (ace.flags & ACE_FLAG.inheritOnly) === 0 ? `this object and ${below}` : below;
}
