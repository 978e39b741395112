import { decidingAce, inheritedAces, isAbout, MASK } from './access-check.ts';
import {
  CHANGE_PASSWORD,
  type Right,
  type RightDefinition,
  type RightDefinitions,
} from './directory-rights.ts';
import { ACE_FLAG, type Ace, DESCRIPTOR, type SecurityDescriptor } from './security-descriptor.ts';

/**
 * - `held`: granted on this very object
 * - `inherited`: granted further up
 * - `default`: everybody has it on people, by the schema
 * - `denied`: an ACE says no before any says yes
 * - `cut`: it would come from above, but inheritance is blocked here
 * - `missing`: nothing grants it
 */
export type RightState = 'held' | 'inherited' | 'default' | 'denied' | 'cut' | 'missing';

export type EvaluatedRight = {
  state: RightState;
  /** SID whose ACE decided: the account's own or one of its groups */
  by?: string;
};

/** SIDs of the connection's own token, as the controller gave them in rootDSE `tokenGroups`. */
export type Token = ReadonlySet<string>;

const EVERYONE = 'S-1-1-0';

/** What the schema's default descriptor puts on every person, as far as these rights go ([MS-ADSC] user). */
const DEFAULT_ACES: readonly Ace[] = [
  { kind: 'allow', flags: 0, mask: MASK.controlAccess, sid: EVERYONE, objectType: CHANGE_PASSWORD },
];

/** On the object itself: a person, the domain head, a container. */
export function evaluateOnObject(
  descriptor: SecurityDescriptor,
  token: Token,
  definition: RightDefinition,
): EvaluatedRight {
  return evaluate(descriptor.dacl?.aces ?? [], token, definition, (ace) =>
    (ace.flags & ACE_FLAG.inherited) === 0 ? 'held' : 'inherited',
  );
}

/**
 * For people who are made directly below this OU. `above` is the parent's evaluation: blocked inheritance shows
 * only against it.
 */
export function evaluateBelow(
  descriptor: SecurityDescriptor,
  token: Token,
  definition: RightDefinition,
  definitions: RightDefinitions,
  above: EvaluatedRight | undefined,
): EvaluatedRight {
  const aces = descriptor.dacl?.aces ?? [];
  const own = aces.filter((ace) => ace.kind !== 'other' && (ace.flags & ACE_FLAG.inherited) === 0);
  const fromAbove = aces.filter((ace) => ace.kind !== 'other' && (ace.flags & ACE_FLAG.inherited) !== 0);
  const byDefault = evaluate(DEFAULT_ACES, token, definition, () => 'default');
  if (byDefault.state === 'default') return byDefault;
  const here = evaluate(inheritedAces(own, definitions.userClass), token, definition, () => 'held');
  if (here.state !== 'missing') return here;
  const inherited = evaluate(
    inheritedAces(fromAbove, definitions.userClass),
    token,
    definition,
    () => 'inherited',
  );
  const blocked = (descriptor.control & DESCRIPTOR.daclProtected) !== 0;
  const cut =
    inherited.state === 'missing' && blocked && (above?.state === 'held' || above?.state === 'inherited');
  return cut ? { state: 'cut' } : inherited;
}

export function isHeld(right: EvaluatedRight | undefined): boolean {
  return right?.state === 'held' || right?.state === 'inherited' || right?.state === 'default';
}

/** Allow or deny ACEs of one trustee, not inherited, that are about this right: what grant and revoke change. */
export function explicitAces(
  descriptor: SecurityDescriptor,
  trustee: string,
  definition: RightDefinition,
): Exclude<Ace, { kind: 'other' }>[] {
  return (descriptor.dacl?.aces ?? []).filter(
    (ace): ace is Exclude<Ace, { kind: 'other' }> =>
      ace.kind !== 'other' &&
      ace.sid === trustee &&
      (ace.flags & ACE_FLAG.inherited) === 0 &&
      definition.access.some((access) => isAbout(ace, access)),
  );
}

/** Of several bits the worst counts. */
function evaluate(
  aces: readonly Ace[],
  token: Token,
  definition: RightDefinition,
  stateOf: (ace: Ace & { flags: number }) => RightState,
): EvaluatedRight {
  let result: EvaluatedRight = { state: 'missing' };
  for (const access of definition.access) {
    const ace = decidingAce(aces, token, access);
    if (!ace) return { state: 'missing' };
    if (ace.kind === 'deny') return { state: 'denied', by: ace.sid };
    result = { state: stateOf(ace), by: ace.sid };
  }
  return result;
}

export function missingRights(rights: Partial<Record<Right, EvaluatedRight>>): Right[] {
  return (Object.keys(rights) as Right[]).filter((right) => !isHeld(rights[right]));
}
