import { bytesOf, sidOf, textOf, textsOf } from './entry.ts';
import { DirectoryError } from './errors.ts';
import type { LdapConnection } from './ldap-connection.ts';

/** What one controller says about itself and its domain; read once per connection. */
export type ControllerFacts = {
  host: string;
  /** DN of its NTDS Settings object: what `fSMORoleOwner` is compared with */
  dsServiceName: string;
  /** which database it is: versions of attributes are comparable within one, 16 bytes as hex */
  invocationId: string | undefined;
  baseDn: string;
  rootBaseDn: string;
  configurationDn: string;
  schemaDn: string;
  domainSid: string;
  roleOwner: string;
  readOnly: boolean;
  policyHints: PolicyHintsOid | undefined;
  /** Samba names itself; Windows does not */
  vendor: string | undefined;
};

/** LDAP_SERVER_POLICY_HINTS_OID and its deprecated form, [MS-ADTS] 3.1.1.3.4.1.27; in order of preference. */
export const POLICY_HINTS_OIDS = ['1.2.840.113556.1.4.2239', '1.2.840.113556.1.4.2066'] as const;
export type PolicyHintsOid = (typeof POLICY_HINTS_OIDS)[number];

/** LDAP_CAP_ACTIVE_DIRECTORY_PARTIAL_SECRETS_OID: a read-only controller ([MS-ADTS] 3.1.1.3.4.3.5). */
const READ_ONLY_CAPABILITY = '1.2.840.113556.1.4.1920';

const ROOT_ATTRIBUTES = [
  'dsServiceName',
  'dnsHostName',
  'defaultNamingContext',
  'rootDomainNamingContext',
  'configurationNamingContext',
  'schemaNamingContext',
  'supportedControl',
  'supportedCapabilities',
  'vendorName',
];

/** @throws {DirectoryError} ERR_DIRECTORY_DATA where the other side is no domain controller */
export async function readControllerFacts(connection: LdapConnection): Promise<ControllerFacts> {
  const root = await connection.read('', ROOT_ATTRIBUTES);
  const need = (name: string) => {
    const value = root && textOf(root, name);
    if (value) return value;
    throw new DirectoryError('ERR_DIRECTORY_DATA', `${connection.endpoint.host} names no ${name}.`);
  };
  const baseDn = need('defaultNamingContext');
  const dsServiceName = need('dsServiceName');
  const [domain, settings] = await Promise.all([
    connection.read(baseDn, ['fSMORoleOwner', 'objectSid']),
    connection.read(dsServiceName, ['invocationId']),
  ]);
  const domainSid = domain && sidOf(domain, 'objectSid');
  const roleOwner = domain && textOf(domain, 'fSMORoleOwner');
  if (!root || !domainSid || !roleOwner)
    throw new DirectoryError(
      'ERR_DIRECTORY_DATA',
      `${connection.endpoint.host} does not show its domain head.`,
    );
  const controls = textsOf(root, 'supportedControl');
  const invocation = settings && bytesOf(settings, 'invocationId');
  return {
    host: textOf(root, 'dnsHostName')?.toLowerCase() ?? connection.endpoint.host,
    dsServiceName,
    invocationId: invocation?.toString('hex'),
    baseDn,
    rootBaseDn: need('rootDomainNamingContext'),
    configurationDn: need('configurationNamingContext'),
    schemaDn: need('schemaNamingContext'),
    domainSid,
    roleOwner,
    readOnly: textsOf(root, 'supportedCapabilities').includes(READ_ONLY_CAPABILITY),
    policyHints: POLICY_HINTS_OIDS.find((oid) => controls.includes(oid)),
    vendor: textOf(root, 'vendorName'),
  };
}
