import type { Condition, Flow, SyncRule, Transformation } from './rule.ts';

/** Made by the rule with this name, a link takes passwords: see locate-for-writeback.ts. */
export const ACCOUNT_ENABLED_RULE = 'In from AD – User AccountEnabled';

/** userAccountControl: ADS_UF_ACCOUNTDISABLE ([MS-ADTS] 2.2.16) */
const ACCOUNT_DISABLED = 0x2;

const attribute = (name: string): Transformation => ({ from: 'attribute', attribute: name });
const fact = (name: 'forest' | 'domain' | 'netbiosName' | 'objectGuid'): Transformation => ({
  from: 'fact',
  fact: name,
});
const firstOf = (...sources: Transformation[]): Transformation => ({ from: 'firstOf', sources });

/** NT AUTHORITY\\SELF: what Exchange writes where a mailbox has no account elsewhere. */
const SELF = 'S-1-5-10';

/** How the same person is recognised in several forests: the value that their objects have in common. */
export type Matching =
  /** every person exists in one forest only */
  | { by: 'identity' }
  | { by: 'mail' }
  /** objectSid in the account forest = msExchMasterAccountSid in the resource forest */
  | { by: 'masterAccountSid' }
  /** sAMAccountName in one forest = mailNickname in the other */
  | { by: 'mailNickname' }
  | { by: 'attribute'; attribute: string };

const same = (name: string, to = name): Flow => ({ to, source: attribute(name) });

/** Built-in accounts (Administrator, Guest, krbtgt) and what synchronisation products make for themselves. */
const PEOPLE: readonly Condition[] = [
  { test: 'present', attribute: 'sAMAccountName' },
  { test: 'differs', attribute: 'isCriticalSystemObject', value: 'TRUE' },
  { test: 'startsNotWith', attribute: 'adminDescription', value: 'User_' },
  { test: 'startsNotWith', attribute: 'sAMAccountName', value: 'krbtgt' },
  { test: 'startsNotWith', attribute: 'sAMAccountName', value: 'MSOL_' },
  { test: 'startsNotWith', attribute: 'sAMAccountName', value: 'AAD_' },
];

const SOURCE_ANCHOR: Flow = {
  to: 'sourceAnchor',
  source: firstOf(
    { from: 'anchor', source: attribute('mS-DS-ConsistencyGuid') },
    { from: 'anchor', source: fact('objectGuid') },
  ),
};

/** Which account of a person they sign in with: the enabled one's values win, by precedence. */
const ACCOUNT: readonly Flow[] = [
  {
    to: 'userPrincipalName',
    source: firstOf(attribute('userPrincipalName'), {
      from: 'joined',
      parts: [attribute('sAMAccountName'), { from: 'constant', value: '@' }, fact('domain')],
    }),
  },
  same('sAMAccountName'),
  { to: 'forest', source: fact('forest') },
  { to: 'domain', source: fact('domain') },
  { to: 'netbiosName', source: fact('netbiosName') },
  { to: 'objectGuid', source: fact('objectGuid') },
];

function joinBy(matching: Matching): { join?: Transformation } {
  switch (matching.by) {
    case 'identity':
      return {};
    case 'mail':
      return { join: attribute('mail') };
    case 'masterAccountSid':
      return {
        join: firstOf(
          { from: 'sid', attribute: 'msExchMasterAccountSid', except: [SELF] },
          { from: 'sid', attribute: 'objectSid' },
        ),
      };
    case 'mailNickname':
      return { join: firstOf(attribute('mailNickname'), attribute('sAMAccountName')) };
    case 'attribute':
      return { join: attribute(matching.attribute) };
  }
}

/** Groups that people manage: not those that the system makes for itself (Domain Admins, Users, …). */
const GROUPS: readonly Condition[] = [
  { test: 'present', attribute: 'sAMAccountName' },
  { test: 'differs', attribute: 'isCriticalSystemObject', value: 'TRUE' },
  { test: 'startsNotWith', attribute: 'adminDescription', value: 'Group_' },
];

const GROUP_RULES: readonly SyncRule[] = [
  {
    direction: 'inbound',
    name: 'In from AD – Group Join',
    objectType: 'group',
    scope: GROUPS,
    link: 'provision',
    flows: [SOURCE_ANCHOR],
    precedence: 110,
  },
  {
    direction: 'inbound',
    name: 'In from AD – Group Common',
    objectType: 'group',
    scope: GROUPS,
    link: 'none',
    flows: [
      {
        to: 'displayName',
        source: firstOf(attribute('displayName'), attribute('cn'), attribute('sAMAccountName')),
      },
      same('description'),
      same('sAMAccountName'),
      { to: 'forest', source: fact('forest') },
      { to: 'domain', source: fact('domain') },
      { to: 'objectGuid', source: fact('objectGuid') },
    ],
    precedence: 111,
  },
  {
    direction: 'outbound',
    name: 'Out to cloud – Group Join',
    objectType: 'group',
    connector: 'cloud',
    scope: [{ test: 'present', attribute: 'displayName' }],
    link: 'provision',
    flows: [
      same('displayName'),
      same('description'),
      same('forest'),
      same('domain'),
      same('sAMAccountName', 'samAccountName'),
      same('objectGuid'),
      { to: 'members', source: { from: 'members' } },
    ],
    precedence: 210,
  },
];

/** The rules as shipped, joining by the matching option that the administrator chose. */
export function shippedRules(matching: Matching, options: { groups: boolean }): readonly SyncRule[] {
  return options.groups ? [...userRules(matching), ...GROUP_RULES] : userRules(matching);
}

const userRules = (matching: Matching): readonly SyncRule[] => [
  {
    direction: 'inbound',
    name: 'In from AD – User Join',
    objectType: 'user',
    scope: PEOPLE,
    link: 'provision',
    ...joinBy(matching),
    flows: [SOURCE_ANCHOR],
    precedence: 100,
  },
  {
    direction: 'inbound',
    name: ACCOUNT_ENABLED_RULE,
    objectType: 'user',
    scope: [...PEOPLE, { test: 'bitsClear', attribute: 'userAccountControl', bits: ACCOUNT_DISABLED }],
    link: 'join',
    flows: [{ to: 'accountEnabled', source: { from: 'constant', value: 'true' } }, ...ACCOUNT],
    precedence: 101,
  },
  {
    direction: 'inbound',
    name: 'In from AD – User Common',
    objectType: 'user',
    scope: PEOPLE,
    link: 'none',
    flows: [
      {
        to: 'accountEnabled',
        source: { from: 'bitsClear', attribute: 'userAccountControl', bits: ACCOUNT_DISABLED },
      },
      ...ACCOUNT,
      {
        to: 'displayName',
        source: firstOf(attribute('displayName'), attribute('cn'), attribute('sAMAccountName')),
      },
      same('givenName'),
      same('sn'),
      same('mail'),
    ],
    precedence: 102,
  },
  {
    direction: 'outbound',
    name: 'Out to cloud – User Join',
    objectType: 'user',
    connector: 'cloud',
    scope: [{ test: 'present', attribute: 'userPrincipalName' }],
    link: 'provision',
    flows: [
      same('userPrincipalName', 'userName'),
      same('displayName'),
      same('givenName'),
      same('sn', 'familyName'),
      same('mail'),
      same('accountEnabled', 'active'),
      same('forest'),
      same('domain'),
      same('netbiosName'),
      same('sAMAccountName', 'samAccountName'),
      same('objectGuid'),
    ],
    precedence: 200,
  },
];
