import { accessSync, constants } from 'node:fs';
import { isIP } from 'node:net';
import { resolve, sep } from 'node:path';

/**
 * What no single setting can say of itself. Works on the raw file, so that these problems are told together with
 * the others even when something else is wrong.
 */
export function crossProblems(raw: unknown, folder: string): string[] {
  const at = (...path: readonly string[]) => valueAt(raw, path);
  return [...transportProblems(at), ...fileProblems(at, folder), ...mailProblems(at)];
}

type At = (...path: readonly string[]) => unknown;

/** Outside of localhost a page over plain http has no WebCrypto: browsers could not seal what people type. */
function transportProblems(at: At): string[] {
  const publicUrl = urlOf(at('publicUrl'));
  if (!publicUrl) return [];
  const problems: string[] = [];
  if (publicUrl.pathname !== '/' || publicUrl.search || publicUrl.hash || publicUrl.username) {
    problems.push('publicUrl: must be without path, query and user, like https://reset.example.com');
  }
  const encrypted = publicUrl.protocol === 'https:';
  const tls = at('tls') !== undefined;
  const proxy = at('trustedProxy') !== undefined;
  if (encrypted && !tls && !proxy) {
    problems.push(
      'publicUrl: is https, but neither tls (certFile, keyFile) nor trustedProxy says who speaks TLS',
    );
  }
  if (!encrypted && tls) problems.push('publicUrl: must start with https:// because tls is set');
  const why =
    'Over plain http browsers have no WebCrypto, so passwords could not be sealed in the page; set tls, or declare trustedProxy and use https';
  if (!encrypted && !isLoopback(publicUrl.hostname)) {
    problems.push(`publicUrl: plain http is for localhost only. ${why}`);
  }
  const host = at('listen', 'host');
  if (!encrypted && typeof host === 'string' && !isLoopback(host)) {
    problems.push(`listen.host: plain http is for a loopback address only. ${why}`);
  }
  return problems;
}

/** What the kernel takes as the path of a Unix socket (`sun_path`), less the name of the control socket. */
const LONGEST_FOLDER = 107 - '/control.sock'.length;

function fileProblems(at: At, folder: string): string[] {
  const problems = READ_AT_START.filter((path) => {
    const file = at(...path);
    return typeof file === 'string' && !isReadable(resolve(folder, file));
  }).map((path) => `${path.join('.')}: there is no file to read at this path`);
  const data = at('dataFolder');
  const key = at('masterKeyFile');
  if (typeof data === 'string' && Buffer.byteLength(resolve(folder, data)) > LONGEST_FOLDER) {
    problems.push(`dataFolder: its full path must be at most ${LONGEST_FOLDER} bytes long`);
  }
  if (typeof data === 'string' && typeof key === 'string') {
    if (resolve(folder, key).startsWith(resolve(folder, data) + sep)) {
      problems.push(
        'masterKeyFile: must lie outside dataFolder, or every copy of the data would bring its key along',
      );
    }
  }
  return problems;
}

const READ_AT_START = [
  ['tls', 'certFile'],
  ['tls', 'keyFile'],
  ['mail', 'passwordFile'],
  ['mail', 'caFile'],
];

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

function mailProblems(at: At): string[] {
  const problems: string[] = [];
  const [user, passwordFile] = [at('mail', 'user'), at('mail', 'passwordFile')];
  if (user !== undefined && passwordFile === undefined)
    problems.push('mail.passwordFile: is required with mail.user');
  if (user === undefined && passwordFile !== undefined)
    problems.push('mail.user: is required with mail.passwordFile');
  if (at('mail', 'secure') === true && at('mail', 'starttls') !== undefined) {
    problems.push('mail.starttls: has no meaning with mail.secure, which is TLS from the first byte');
  }
  return problems;
}

/** localhost, *.localhost, 127.0.0.0/8 and ::1: what browsers take for a secure context without TLS. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (isIP(name) === 4) return name.startsWith('127.');
  if (isIP(name) === 6) return name === '::1';
  return name === 'localhost' || name.endsWith('.localhost');
}

function urlOf(value: unknown): URL | undefined {
  const url = typeof value === 'string' ? URL.parse(value) : null;
  return url && /^https?:$/.test(url.protocol) ? url : undefined;
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  return valueAt((value as Record<string, unknown>)[key], rest);
}
