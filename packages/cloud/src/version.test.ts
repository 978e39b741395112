import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CLOUD_VERSION } from './version.ts';

test('the version that is told is the one of the package', () => {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  expect(CLOUD_VERSION).toBe(manifest.version);
});
