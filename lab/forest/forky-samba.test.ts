import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cacheFolder } from './forky-samba.ts';

test('the cache is the checkout’s own unless the environment names one to share', () => {
  expect(cacheFolder({})).toBe(join(import.meta.dirname, '../../.tools/cache'));
  expect(cacheFolder({ HOMEWARD_CACHE: '' })).toBe(join(import.meta.dirname, '../../.tools/cache'));
  expect(cacheFolder({ HOMEWARD_CACHE: '/srv/cache' })).toBe('/srv/cache');
});
