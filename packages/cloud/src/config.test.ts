import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { parseConfig, readConfig } from './config.ts';
import { CloudError } from './errors.ts';

const FIXTURES = resolve(import.meta.dirname, '../config');
const files = (folder: string) =>
  readdirSync(join(FIXTURES, folder)).filter((name) => name.endsWith('.json'));

async function problemsIn(file: string): Promise<string> {
  try {
    await readConfig(file);
    return '';
  } catch (error) {
    if (error instanceof CloudError && error.code === 'ERR_CONFIG_INVALID') return error.message;
    throw error;
  }
}

test.each(files('valid'))('%s is accepted', async (name) => {
  expect(await problemsIn(join(FIXTURES, 'valid', name))).toBe('');
});

test.each(files('invalid'))('%s is refused, with all its problems at once', async (name) => {
  const problems = await problemsIn(join(FIXTURES, 'invalid', name));
  await expect(`${problems}\n`).toMatchFileSnapshot(join(FIXTURES, 'invalid', name.replace('.json', '.txt')));
});

test('what is not said has its default', async () => {
  const config = await readConfig(join(FIXTURES, 'valid/localhost.json'));
  expect(config.timings).toMatchObject({ flowSeconds: 900, codeSeconds: 300, orderSeconds: 120 });
  expect(config.limits.codesAsked).toEqual({ max: 10, withinSeconds: 600, blockSeconds: 86_400 });
  expect(config.tenant.timeZone).toBe('UTC');
  expect(config.tenant.freshAddresses).toBe('accept');
  expect(config.agents.requireToken).toBe(false);
  expect(config.auditDays).toBe(365);
});

test('relative paths are relative to the file', async () => {
  const config = await readConfig(join(FIXTURES, 'valid/localhost.json'));
  expect(config.dataFolder).toBe(join(FIXTURES, 'valid/data'));
  expect(config.masterKeyFile).toBe(join(FIXTURES, 'valid/master.key'));
});

test('a file that is not JSON, and one that is not there, are said by name', async () => {
  expect(await problemsIn(import.meta.filename)).toMatch(/config\.test\.ts: is not JSON/);
  expect(await problemsIn(join(FIXTURES, 'nowhere.json'))).toMatch(/nowhere\.json: there is no such file/);
});

test.each(['localhost', 'reset.localhost', '127.0.0.1', '127.8.8.8', '[::1]'])(
  'plain http is allowed on %s',
  (host) => {
    const raw = JSON.parse(readFileSync(join(FIXTURES, 'valid/localhost.json'), 'utf8'));
    expect(() => parseConfig({ ...raw, publicUrl: `http://${host}:8080` }, FIXTURES)).not.toThrow();
  },
);
