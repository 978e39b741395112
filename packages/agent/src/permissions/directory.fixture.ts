import type {
  DirectoryPerson,
  EvaluatedRight,
  Right,
  RightsPlan,
  RightsReport,
} from '@homeward/active-directory';
import type { Terminal } from '../terminal/terminal.ts';
import type { PermissionsDirectory } from './permissions-deps.ts';
import type { PlaceRight } from './survey-rights.ts';

export const DOMAIN = 'DC=corp,DC=example,DC=com';
export const SALES = `OU=Sales\\, EMEA,OU=People,${DOMAIN}`;
export const PEOPLE = `OU=People,${DOMAIN}`;
const SID = 'S-1-5-21-1-2-3';
export const ACCOUNT = `${SID}-1104`;

export const NOBODY_PROTECTED = { objectGuids: new Set<string>(), primaryGroupIds: new Set<number>() };

export type FakeRights = Record<string, Partial<Record<PlaceRight, EvaluatedRight['state']>>>;

/** What the rights of the account are, OU by OU; what is not named is held. */
export function fakeDirectory(options: {
  rights: FakeRights;
  people?: Record<string, number>;
  single?: Partial<Record<Exclude<Right, PlaceRight>, EvaluatedRight['state']>>;
  exceptions?: Record<string, { dn: string; missing: Right[] }[]>;
  steps?: (kind: 'grant' | 'revoke', rights: readonly Right[]) => RightsPlan['steps'];
  applyRights?: (plan: RightsPlan) => void;
}): PermissionsDirectory {
  const single = (right: Exclude<Right, PlaceRight>): EvaluatedRight => ({
    state: options.single?.[right] ?? 'held',
    by: 'S-1-5-11',
  });
  const report = (ou: string | undefined): RightsReport => ({
    trustee: { sid: ACCOUNT, name: 'CORP\\svc-homeward' },
    marker: 'msDS-cloudExtensionAttribute15',
    domain: { dn: DOMAIN, unexpirePassword: single('unexpirePassword') },
    passwordSettings: { dn: `CN=PSC,${DOMAIN}`, readPsos: single('readPsos') },
    deletedObjects: { dn: `CN=Deleted Objects,${DOMAIN}`, readDeletedObjects: single('readDeletedObjects') },
    ous: Object.entries(options.rights)
      .filter(([dn]) => ou === undefined || dn.endsWith(ou))
      .map(([dn, states]) => ({
        dn,
        blocksInheritance: false,
        exceptions: options.exceptions?.[dn] ?? [],
        rights: placeRights(states),
      })),
    definitions: { rights: {}, userClass: '', psoClass: '' } as unknown as RightsReport['definitions'],
  });
  const planned = (kind: 'grant' | 'revoke') => async (of: RightsReport, rights: readonly Right[]) => ({
    trustee: of.trustee,
    steps: options.steps?.(kind, rights) ?? [],
  });
  return {
    rights: async (query) => report(query?.ou),
    async *people() {
      for (const [dn, number] of Object.entries(options.people ?? {}))
        yield Array.from({ length: number }, (_, at) => personIn(dn, at));
    },
    protectedMembers: async () => NOBODY_PROTECTED,
    probe: async () => ({
      reachable: true,
      controller: 'dc1.corp.example.com',
      pdcProven: true,
      policyHints: undefined,
      clockOffsetMs: 0,
    }),
    planGrant: planned('grant'),
    planRevoke: planned('revoke'),
    applyRights: async (plan) => options.applyRights?.(plan),
    close: () => {},
  };
}

function placeRights(states: FakeRights[string]): Record<PlaceRight, EvaluatedRight> {
  const right = (name: PlaceRight): EvaluatedRight => ({ state: states[name] ?? 'held', by: ACCOUNT });
  return {
    readAccount: right('readAccount'),
    resetPassword: right('resetPassword'),
    changePassword: right('changePassword'),
    writeLockoutTime: right('writeLockoutTime'),
    writePwdLastSet: right('writePwdLastSet'),
    writeMarker: right('writeMarker'),
  };
}

export function personIn(ou: string, at: number, attributes: Record<string, string[]> = {}): DirectoryPerson {
  return {
    objectGuid: `${ou}/${at}`,
    dn: `CN=Person ${at},${ou}`,
    attributes: { userAccountControl: ['512'], objectSid: [`${SID}-${2000 + at}`], ...attributes },
  };
}

/** A terminal of 80 columns that remembers. `answers`: what is typed at questions; none: nobody is there. */
export function fakeTerminal(answers?: string[]): Terminal & { text: () => string } {
  const lines: string[] = [];
  return {
    width: 80,
    interactive: answers !== undefined,
    paint: (_, text) => text,
    print: (line = '') => void lines.push(line),
    progress: () => {},
    ask: async () => answers?.shift() ?? '',
    askSecret: async () => {
      const { Secret } = await import('@homeward/protocol/secret');
      return new Secret(answers?.shift() ?? '');
    },
    readInput: async () => 'From-Input-1\n',
    text: () => lines.join('\n'),
  };
}
