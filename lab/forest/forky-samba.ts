import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { debianMirror } from './debian-mirror.ts';
import { LabError } from './errors.ts';
import { withLabLock } from './lab-lock.ts';
import { requirePrograms } from './lab-requirements.ts';
import type { Mount } from './private-mounts.ts';
import { type Command, mustRun, runCommand } from './run-command.ts';
import { type Samba, sambaOn } from './samba-version.ts';

const SUITE = 'forky';
/** debootstrap of Debian 12 has no script of that name; all suites since share this one. */
const SCRIPT = '/usr/share/debootstrap/scripts/sid';
const PACKAGES = [
  'samba',
  'samba-ad-dc',
  'samba-ad-provision',
  'samba-dsdb-modules',
  'winbind',
  // Provides what python3-cryptography asks for by a virtual name, which debootstrap does not resolve.
  'python3-cffi-backend',
];
const UNUSED = ['var/cache/apt', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/man', 'usr/share/locale'];
const VERSION_FILE = 'samba-version';
const OPTIONS = {
  // After a crash all of it is made anew, so nothing is gained by waiting for the disk.
  environment: { DPKG_FORCE: 'unsafe-io', DEBIAN_FRONTEND: 'noninteractive' },
  timeoutMs: 15 * 60_000,
};

/**
 * The Samba of Debian forky, which offers policy hints, beside the machine's own: a small Debian of its own in the
 * cache, whose `/usr` only the lab's processes see in place of the machine's. Made once, whole or not at all, and
 * shared by every lab and checkout that uses the same cache.
 *
 * @throws {LabError} ERR_LAB_SAMBA_MISSING with the end of what debootstrap said
 */
export async function forkySamba(say: (text: string) => void, cache = cacheFolder()): Promise<Samba> {
  const folder = join(cache, `samba-${SUITE}`);
  await mkdir(cache, { recursive: true });
  const version = (await versionIn(folder)) ?? (await bringOnce(cache, folder, say));
  return { version, mounts: mountsOf(folder) };
}

/** Outside of every lab: a lab is deleted and made anew in seconds, and this takes a minute. */
export function cacheFolder(environment: Record<string, string | undefined> = process.env): string {
  const named = environment['HOMEWARD_CACHE'];
  return named ? resolve(named) : resolve(import.meta.dirname, '../../.tools/cache');
}

async function bringOnce(cache: string, folder: string, say: (text: string) => void): Promise<string> {
  return await withLabLock(cache, say, async () => {
    const made = await versionIn(folder);
    if (made !== undefined) return made;
    await requirePrograms(['/usr/sbin/debootstrap', '/usr/bin/unshare']);
    say(`bringing the Samba of Debian ${SUITE} into ${folder}, once: about 150 MB and a minute`);
    const since = performance.now();
    const version = await bring(folder).catch((cause: unknown) => {
      throw new LabError('ERR_LAB_SAMBA_MISSING', notBrought(folder, cause), { cause });
    });
    say(`brought Samba ${version} in ${((performance.now() - since) / 1000).toFixed(0)} s`);
    return version;
  });
}

function notBrought(folder: string, cause: unknown): string {
  const said = cause instanceof Error ? cause.message : String(cause);
  return (
    `The Samba of Debian ${SUITE} could not be brought into ${folder}. ` +
    `Can this machine reach its Debian mirror?\n${said}`
  );
}

async function bring(folder: string): Promise<string> {
  const draft = `${folder}.new`;
  await rm(draft, { recursive: true, force: true });
  const mirror = await debianMirror();
  const { code } = await runCommand(...apart('debootstrap', bootstrap(draft, mirror)), OPTIONS);
  if (code !== 0) await mend(draft, mirror);
  const { version } = await sambaOn(mountsOf(draft));
  for (const name of UNUSED) await rm(join(draft, name), { recursive: true, force: true });
  await writeFile(join(draft, VERSION_FILE), version);
  await rename(draft, folder);
  return version;
}

function bootstrap(draft: string, mirror: string): string[] {
  return ['--variant=minbase', `--include=${PACKAGES.join(',')}`, SUITE, draft, mirror, SCRIPT];
}

/** debootstrap resolves no virtual packages and stops at the first that it misses; apt finishes what it began. */
async function mend(draft: string, mirror: string): Promise<void> {
  await writeFile(join(draft, 'etc/apt/sources.list'), `deb ${mirror} ${SUITE} main\n`);
  // A mirror that is a snapshot has a Release file which expired long ago.
  const apt = (...args: string[]) =>
    mustRun(
      ...apart('chroot', [draft, 'apt-get', '-q', '-y', '-o', 'Acquire::Check-Valid-Until=false', ...args]),
      OPTIONS,
    );
  await apt('update');
  await apt('-f', 'install');
  await apt('install', '--no-install-recommends', ...PACKAGES);
}

/** Whatever it starts and mounts ends with it, and it ends with us. */
function apart(program: string, args: string[]): Command {
  const namespaces = ['--mount', '--pid', '--fork', '--kill-child'];
  return ['setpriv', ['--pdeathsig', 'KILL', 'unshare', ...namespaces, program, ...args]];
}

function mountsOf(folder: string): Mount[] {
  return ['/usr', '/etc/ld.so.cache'].map((target) => ({ source: join(folder, target), target }));
}

async function versionIn(folder: string): Promise<string | undefined> {
  return await readFile(join(folder, VERSION_FILE), 'utf8').catch(() => undefined);
}
