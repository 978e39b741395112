import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);

async function output(command: string, args: string[]): Promise<string> {
  try {
    await run(`node_modules/.bin/${command}`, args, { maxBuffer: 1 << 26 });
    return '';
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    return `${stdout}${stderr}`;
  }
}

const sources = () =>
  globSync(['packages/*/src/**/*.{ts,tsx}', 'lab/**/*.ts', 'tools/*.ts'], {
    exclude: ['**/node_modules/**'],
  });

test('types are sound', async () => {
  expect(await output('tsc', ['-b', '--pretty', 'false'])).toBe('');
});

test('format and lint are clean', async () => {
  expect(await output('biome', ['ci', '--colors=off', '.'])).toBe('');
});

test('files have one subject: 300 lines at most, 400 for a test', () => {
  const long = sources().filter((file) => {
    const lines = readFileSync(file, 'utf8').split('\n').length - 1;
    return lines > (/\.(test|contract|lab|e2e)\.tsx?$/.test(file) ? 400 : 300);
  });
  expect(long).toEqual([]);
});

test('file names say what is inside', () => {
  const vague = sources().filter((file) => /^(utils?|helpers?|common|managers?|misc)\b/.test(basename(file)));
  expect(vague).toEqual([]);
  const notKebab = sources().filter(
    (file) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*\.tsx?$/.test(basename(file)),
  );
  expect(notKebab).toEqual([]);
});

test('no test is switched off', () => {
  const off = sources().filter(
    (file) =>
      /\b(?:test|it|describe)\.(?:skip|only|todo|fails)\b/.test(readFileSync(file, 'utf8')) &&
      !file.startsWith('tools/'),
  );
  expect(off).toEqual([]);
});

test('certificates are never left unchecked', () => {
  const unchecked = sources().filter(
    (file) =>
      !file.startsWith('tools/') &&
      /rejectUnauthorized:\s*false|NODE_TLS_REJECT_UNAUTHORIZED/.test(readFileSync(file, 'utf8')),
  );
  expect(unchecked).toEqual([]);
});
