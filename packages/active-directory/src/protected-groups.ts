import { domainOfSid, relativeId } from './sid.ts';

/**
 * Accounts and groups that AdminSDHolder protects ([MS-ADTS] 3.1.1.6.1.2): Administrator, krbtgt, Domain Admins,
 * Domain Controllers, Schema Admins, Enterprise Admins, Read-only Domain Controllers, Key Admins and Enterprise
 * Key Admins. dSHeuristics can take the operator groups out of Windows' own list; here they stay protected.
 */
const PROTECTED_RIDS = new Set([500, 502, 512, 516, 518, 519, 521, 526, 527]);

/** Administrators, and the Account, Server, Print and Backup Operators and Replicator. */
const PROTECTED_BUILTIN = new Set([
  'S-1-5-32-544',
  'S-1-5-32-548',
  'S-1-5-32-549',
  'S-1-5-32-550',
  'S-1-5-32-551',
  'S-1-5-32-552',
]);

/** Those that may be groups of a domain; some of them are accounts, or not there at all. */
export function protectedGroupSids(domainSid: string): string[] {
  return [...PROTECTED_BUILTIN, ...[...PROTECTED_RIDS].map((rid) => `${domainSid}-${rid}`)];
}

export function isProtectedSid(sid: string): boolean {
  return (
    PROTECTED_BUILTIN.has(sid) || (domainOfSid(sid) !== undefined && PROTECTED_RIDS.has(relativeId(sid)))
  );
}
