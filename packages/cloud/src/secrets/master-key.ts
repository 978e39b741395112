/**
 * The key that everything else is derived from (docs/protocol.md, key table: "Master key"). It lives in a file of
 * its own, outside the data folder: whoever copies the database must not find the key beside it.
 */
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Secret } from '@homeward/protocol/secret';
import { CloudError } from '../errors.ts';

const KEY_BYTES = 32;

export type MasterKey = Secret<Buffer>;

/**
 * Reads the key, or makes it where the file is absent (mode 0600, 32 bytes as base64url).
 *
 * @throws {CloudError} ERR_MASTER_KEY_UNREADABLE when it cannot be read or made, has another shape, or when
 *   others than its owner may read it
 */
export async function openMasterKey(file: string): Promise<{ key: MasterKey; created: boolean }> {
  const made = await makeKeyFile(file);
  if (made) return { key: made, created: true };
  let text: string;
  try {
    const { mode } = await stat(file);
    if (mode & 0o077) {
      throw new Error(`others may read it (mode ${(mode & 0o777).toString(8)}); run: chmod 600 ${file}`);
    }
    text = (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw unreadable(file, cause);
  }
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length !== KEY_BYTES || bytes.toString('base64url') !== text) {
    throw unreadable(file, new Error(`it does not hold ${KEY_BYTES} bytes as base64url`));
  }
  return { key: new Secret(bytes), created: false };
}

async function makeKeyFile(file: string): Promise<MasterKey | undefined> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await using handle = await open(file, 'wx', 0o600);
    const bytes = randomBytes(KEY_BYTES);
    await handle.writeFile(`${bytes.toString('base64url')}\n`);
    await handle.sync();
    await chmod(file, 0o600);
    return new Secret(bytes);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') return undefined;
    throw unreadable(file, cause);
  }
}

function unreadable(file: string, cause: unknown): CloudError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new CloudError('ERR_MASTER_KEY_UNREADABLE', `The master key in ${file} cannot be used: ${why}.`, {
    cause,
  });
}
