import type { ForestId, ObjectType } from './connector-object.ts';

/**
 * Synchronisation rules are data: what an administrator reads in a listing is what the engine does. Inbound
 * rules carry values from the connector spaces of forests into the metaverse, outbound rules from there to the
 * cloud's connector space.
 */

/** As administrators know them, e.g. `In from AD – User Join`. */
export type RuleName = string;

/** All conditions of a scope filter must hold. Text is compared without case. */
export type Condition =
  | { test: 'present' | 'absent'; attribute: string }
  | { test: 'equals' | 'differs' | 'startsWith' | 'startsNotWith'; attribute: string; value: string }
  /** of a number, e.g. userAccountControl; an absent or unreadable number meets neither */
  | { test: 'bitsSet' | 'bitsClear'; attribute: string; bits: number };

/** What the engine knows about an object beside its attributes. */
export type Fact = 'forest' | 'domain' | 'netbiosName' | 'objectGuid' | 'dn';

/** A source of values. One that gives no value does not contribute: the next rule in precedence does. */
export type Transformation =
  | { from: 'attribute'; attribute: string }
  | { from: 'fact'; fact: Fact }
  | { from: 'constant'; value: string }
  /** the first that gives a value */
  | { from: 'firstOf'; sources: readonly Transformation[] }
  /** nothing, unless every part gives a value */
  | { from: 'joined'; parts: readonly Transformation[] }
  /** `true` if all the bits of the number are clear, `false` if not, nothing for no number */
  | { from: 'bitsClear'; attribute: string; bits: number }
  /** 16 bytes as sourceAnchor: a binary attribute, or a GUID in text */
  | { from: 'anchor'; source: Transformation }
  /** the cloudAnchors of the members of a group that are in the cloud; outbound only */
  | { from: 'members' }
  /** a security identifier as text, unless it is one of `except` */
  | { from: 'sid'; attribute: string; except?: readonly string[] };

export type Flow = { to: string; source: Transformation };

type RuleBase = {
  name: RuleName;
  objectType: ObjectType;
  scope: readonly Condition[];
  flows: readonly Flow[];
  /** lower wins where two rules give the same attribute; within one rule, the forest named first */
  precedence: number;
};

export type InboundRule = RuleBase & {
  direction: 'inbound';
  /** undefined: every forest */
  connector?: ForestId;
  /**
   * `provision`: an object in scope is linked to a metaverse object, found by `join` or projected.
   * `join`: such a link records this rule too. `none`: the rule only adds values.
   */
  link: 'provision' | 'join' | 'none';
  /**
   * Objects for which this gives the same value are one person; without it, or where it gives none, each object
   * stands for itself. Only of rules that provision; two objects of one forest with the same value are refused.
   */
  join?: Transformation;
};

export type OutboundRule = RuleBase & {
  direction: 'outbound';
  connector: 'cloud';
  /** `provision`: a metaverse object in scope gets an object in the cloud; one that leaves the scope loses it */
  link: 'provision';
};

export type SyncRule = InboundRule | OutboundRule;
