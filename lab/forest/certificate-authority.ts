import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun } from './run-command.ts';

export type CertificateAuthority = { certFile: string; keyFile: string };
export type IssuedCertificate = { certFile: string; keyFile: string };

const TEN_YEARS = 3650;
/** The longest that browsers accept from a public authority, so that ours looks like one. */
const THIRTEEN_MONTHS = 397;

/** Makes the lab's authority in `folder`, or finds the one that is there. */
export async function certificateAuthority(folder: string): Promise<CertificateAuthority> {
  const authority = { certFile: join(folder, 'ca.crt'), keyFile: join(folder, 'ca.key') };
  if (await present(authority.certFile)) return authority;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await makeCertificate(authority, {
    key: 'P-256',
    subject: 'Homeward lab certificate authority',
    days: TEN_YEARS,
    extensions: [
      'basicConstraints = critical, CA:TRUE, pathlen:0',
      'keyUsage = critical, keyCertSign, cRLSign',
    ],
  });
  return authority;
}

export type CertificateRequest = {
  folder: string;
  name: string;
  hostNames: [string, ...string[]];
  addresses?: string[];
  /**
   * P-256 unless said otherwise. Domain controllers have RSA-2048, because that is what the templates of Active
   * Directory Certificate Services ask for: what a handshake costs in a benchmark is what it costs in a company.
   */
  key?: keyof typeof KEYS;
};

const KEYS = {
  'P-256': { arguments: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'], usage: 'digitalSignature' },
  'RSA-2048': { arguments: ['-newkey', 'rsa:2048'], usage: 'digitalSignature, keyEncipherment' },
} as const;

/**
 * A server certificate for these host names and IP addresses, `<folder>/<name>.crt` and `.key` (PEM). An older one of
 * that name is replaced.
 */
export async function issueCertificate(
  authority: CertificateAuthority,
  request: CertificateRequest,
): Promise<IssuedCertificate> {
  await mkdir(request.folder, { recursive: true, mode: 0o700 });
  const issued = {
    certFile: join(request.folder, `${request.name}.crt`),
    keyFile: join(request.folder, `${request.name}.key`),
  };
  const names = [
    ...request.hostNames.map((hostName) => `DNS:${hostName}`),
    ...(request.addresses ?? []).map((address) => `IP:${address}`),
  ];
  const { key = 'P-256' } = request;
  await makeCertificate(issued, {
    key,
    subject: request.hostNames[0],
    days: THIRTEEN_MONTHS,
    issuer: authority,
    extensions: [
      'basicConstraints = critical, CA:FALSE',
      `keyUsage = critical, ${KEYS[key].usage}`,
      'extendedKeyUsage = serverAuth',
      'authorityKeyIdentifier = keyid',
      `subjectAltName = ${names.join(', ')}`,
    ],
  });
  return issued;
}

type CertificateContent = {
  key: keyof typeof KEYS;
  subject: string;
  days: number;
  extensions: string[];
  issuer?: CertificateAuthority;
};

async function makeCertificate(target: IssuedCertificate, content: CertificateContent): Promise<void> {
  const draft = await mkdtemp(`${target.certFile}.`);
  try {
    const configuration = join(draft, 'openssl.cnf');
    const key = join(draft, 'key');
    const certificate = join(draft, 'certificate');
    await writeFile(configuration, opensslConfiguration(content));
    await mustRun('openssl', [
      'req',
      '-x509',
      '-config',
      configuration,
      ...(content.issuer ? ['-CA', content.issuer.certFile, '-CAkey', content.issuer.keyFile] : []),
      ...[...KEYS[content.key].arguments, '-noenc'],
      ...['-days', String(content.days), '-sha256'],
      ...['-keyout', key, '-out', certificate],
    ]);
    // The certificate last: where it is, its key is too.
    await rename(key, target.keyFile);
    await rename(certificate, target.certFile);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** All of it is written out: OpenSSL's own defaults would make every certificate an authority. */
function opensslConfiguration(content: CertificateContent): string {
  return [
    '[req]',
    'prompt = no',
    'distinguished_name = subject',
    'x509_extensions = extensions',
    '[subject]',
    'O = Example Corporation',
    `CN = ${content.subject}`,
    '[extensions]',
    'subjectKeyIdentifier = hash',
    ...content.extensions,
    '',
  ].join('\n');
}

async function present(file: string): Promise<boolean> {
  return await stat(file).then(
    () => true,
    () => false,
  );
}
