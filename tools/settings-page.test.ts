import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { configSchema as agentConfig } from '../packages/agent/src/config.ts';
import { configSchema as cloudConfig } from '../packages/cloud/src/config.ts';
import { agentSettings, cloudSettings, limitSettings, SETTINGS_PAGE, settingsPage } from './settings-page.ts';

test('the page of settings is what the schemas say now', () => {
  expect(readFileSync(SETTINGS_PAGE, 'utf8'), 'run: node tools/settings-page.ts').toBe(settingsPage());
});

test.each([
  ['cloud.json', cloudSettings],
  ['agent.json', agentSettings],
])('every setting of %s says what it is and what it takes', (_file, settings) => {
  expect(settings().length).toBeGreaterThan(25);
  for (const { path, value, meaning } of settings()) {
    expect(meaning, `${path} needs .describe('…') in its schema`).toMatch(/^\S.{2,}[^.]$/);
    expect(value, path).not.toBe('');
  }
});

test('every limit says what it counts', () => {
  expect(limitSettings().length).toBeGreaterThan(5);
  for (const { name, counted, numbers } of limitSettings()) {
    expect(counted, name).toMatch(/^\S.{10,}$/);
    expect(numbers.every(Number.isSafeInteger), name).toBe(true);
  }
});

test('nothing that differs from one machine to the next is on the page', () => {
  expect(agentSettings().find(({ path }) => path === 'name')?.without).toBe('the name of the machine');
});

test('every setting that the cloud’s own examples use is on the page', () => {
  const paths = cloudSettings().map(({ path }) => path);
  for (const file of ['behind-a-proxy', 'own-tls']) {
    const example = JSON.parse(readFileSync(`packages/cloud/config/valid/${file}.json`, 'utf8'));
    for (const [name, value] of Object.entries(example).filter(([name]) => name !== 'limits')) {
      const inner = typeof value === 'object' && value !== null ? Object.keys(value) : [];
      for (const path of inner.length === 0 ? [name] : inner.map((key) => `${name}.${key}`))
        expect(paths, file).toContain(path);
    }
  }
});

test('what the page of installing says to write is what the programs take', () => {
  const page = readFileSync('docs/install.md', 'utf8');
  const [cloud, agent, proxied, ...more] = [...page.matchAll(/```json\n(.+?)```/gs)].map(([, text = '']) =>
    JSON.parse(text),
  );
  expect(more).toEqual([]);
  const { tls, ...others } = cloud;
  expect(tls).toBeDefined();
  cloudConfig.parse(cloud);
  cloudConfig.parse({ ...others, ...proxied });
  agentConfig.parse(agent);
});
