import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { domainOf, type ForestDescription } from './forest-description.ts';

type Identity = Pick<ForestDescription, 'realm' | 'netbiosName' | 'controller'>;

/** Written into `folder`; what it says inside is `shortPath`, which leads there. */
export async function writeSambaConfiguration(
  identity: Identity,
  place: { folder: string; shortPath: string; address: string },
): Promise<string> {
  const within = (name: string) => join(place.shortPath, name);
  const lines = [
    '[global]',
    `netbios name = ${identity.controller.toUpperCase()}`,
    `realm = ${identity.realm}`,
    `workgroup = ${identity.netbiosName}`,
    'server role = active directory domain controller',
    // Without smbd and winbindd, which would want the machine's own ports and sockets.
    'server services = ldap, kdc, rpc, drepl, cldap, dns',
    `interfaces = ${place.address}/32`,
    'bind interfaces only = yes',
    'multicast dns register = no',
    'load printers = no',
    `private dir = ${within('private')}`,
    `state directory = ${within('state')}`,
    `lock directory = ${within('state')}`,
    `cache directory = ${within('cache')}`,
    `binddns dir = ${within('bind-dns')}`,
    `pid directory = ${within('run')}`,
    `ncalrpc dir = ${within('run/ncalrpc')}`,
    `winbindd socket directory = ${within('run/winbindd')}`,
    `ntp signd socket directory = ${within('run/ntp_signd')}`,
    `log file = ${within('log/samba.log')}`,
    'log level = 1',
    'max log size = 10000',
    // Extended attributes in a file: the real ones of sysvol take CAP_SYS_ADMIN and not every file system has them.
    `xattr_tdb:file = ${within('state/xattr.tdb')}`,
    'vfs objects = dfs_samba4 acl_xattr xattr_tdb',
    `tls certfile = ${within('tls/controller.crt')}`,
    `tls keyfile = ${within('tls/controller.key')}`,
    `tls cafile = ${within('tls/ca.crt')}`,
    '[sysvol]',
    `path = ${within('state/sysvol')}`,
    'read only = no',
    '[netlogon]',
    `path = ${within(`state/sysvol/${domainOf(identity)}/scripts`)}`,
    'read only = no',
  ];
  await writeFile(join(place.folder, 'smb.conf'), `${lines.join('\n')}\n`);
  return within('smb.conf');
}

/** For kinit and other Kerberos clients: everything by address, since nothing resolves the lab's names. */
export async function writeKerberosConfiguration(
  file: string,
  identity: Identity,
  address: string,
): Promise<void> {
  const domain = domainOf(identity);
  const lines = [
    '[libdefaults]',
    `  default_realm = ${identity.realm}`,
    '  dns_lookup_kdc = false',
    '  dns_lookup_realm = false',
    '  dns_canonicalize_hostname = false',
    '  rdns = false',
    // Always TCP: a lost datagram would cost a second of waiting.
    '  udp_preference_limit = 1',
    // No admin_server: kinit would ask there again after a refusal, and count the wrong password twice.
    '[realms]',
    `  ${identity.realm} = {`,
    `    kdc = ${address}:88`,
    `    kpasswd_server = ${address}:464`,
    '  }',
    '[domain_realm]',
    `  .${domain} = ${identity.realm}`,
    `  ${domain} = ${identity.realm}`,
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
}
