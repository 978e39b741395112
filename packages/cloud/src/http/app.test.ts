import { expect, test } from 'vitest';
import { Browser } from '../testing/browser.ts';
import { eventually } from '../testing/eventually.ts';
import { passGate } from '../testing/reset-steps.ts';
import { startTestCloud } from '../testing/test-cloud.ts';

const PROXIED = { publicUrl: 'https://reset.example.com', trustedProxy: { addresses: ['127.0.0.1'] } };

test.each([
  ['another site', { 'sec-fetch-site': 'cross-site' }],
  ['a neighbour under the same domain', { 'sec-fetch-site': 'same-site' }],
  ['an old browser on another site', { 'sec-fetch-site': '', origin: 'https://evil.example.com' }],
  ['somebody who hides where it comes from', { 'sec-fetch-site': '', origin: 'null' }],
])('a form that was sent by %s does nothing', async (_name, headers) => {
  await using cloud = await startTestCloud();
  const browser = await passGate(cloud);
  const sent = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ''));
  const bare = await fetch(`${cloud.url}/reset/password`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      cookie: [...browser.cookies].map((pair) => pair.join('=')).join('; '),
      ...sent,
    },
    body: 'password=forged&confirmation=forged',
  });
  expect(bare.status).toBe(403);
  expect(await bare.text()).toContain('This request did not come from this site');
  expect(cloud.agents.orders).toEqual([]);
});

test('a browser that sends Origin alone is heard', async () => {
  await using cloud = await startTestCloud();
  const response = await fetch(`${cloud.url}/reset`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: 'http://localhost' },
    body: 'userId=anna',
  });
  expect(response.status).toBe(303);
});

test('pages allow nothing but our own style, icon and forms, and are kept by nobody', async () => {
  await using cloud = await startTestCloud();
  const browser = new Browser(() => cloud.url);
  const { headers, html } = await browser.get('/reset');
  expect(headers.get('content-security-policy')).toBe(
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  );
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('referrer-policy')).toBe('same-origin');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('strict-transport-security')).toBeNull();
  expect(html).not.toMatch(/<script|style="|\son\w+="|https?:\/\//);
});

test('what pages load is served, and may be kept for ever', async () => {
  await using cloud = await startTestCloud();
  const browser = new Browser(() => cloud.url);
  const { html } = await browser.get('/');
  const assets = [...html.matchAll(/href="(\/assets\/[^"]+)"/g)].map(([, path = '']) => path);
  expect(assets).toHaveLength(2);
  for (const path of assets) {
    const answer = await browser.get(path);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toContain('immutable');
    expect(answer.headers.get('content-type')).toMatch(/^(text\/css|image\/svg\+xml)/);
  }
});

test('behind a proxy: HSTS, and nobody but the proxy may use the plain port', async () => {
  await using cloud = await startTestCloud({ config: PROXIED });
  const browser = new Browser(() => cloud.url);
  const page = await browser.get('/reset');
  expect(page.headers.get('strict-transport-security')).toBe('max-age=31536000; includeSubDomains');
  await using closed = await startTestCloud({
    config: { ...PROXIED, trustedProxy: { addresses: ['192.0.2.1'] } },
  });
  const direct = new Browser(() => closed.url);
  expect((await direct.get('/reset')).status).toBe(403);
  expect((await direct.get('/healthz')).status).toBe(200);
});

test('addresses that do not exist and forms that are none are answered in the same style', async () => {
  await using cloud = await startTestCloud();
  const browser = new Browser(() => cloud.url);
  const missing = await browser.get('/reset/nowhere');
  expect(missing.status).toBe(404);
  expect(missing.title).toBe('This page does not exist – Example Corporation');
  for (const [body, type, status] of [
    ['{}', 'application/json', 415],
    [`userId=${'x'.repeat(9_000)}`, 'application/x-www-form-urlencoded', 413],
    ['userId=a&userId=b', 'application/x-www-form-urlencoded', 400],
  ] as const) {
    const answer = await browser.post('/reset', body, { 'content-type': type });
    expect(answer.status).toBe(status);
    expect(answer.title).toBe('That could not be read – Example Corporation');
  }
});

test('a fault is answered with a support code that the log knows, and nothing of itself', async () => {
  await using cloud = await startTestCloud();
  cloud.agents.writeback.isUp = () => {
    throw new Error('a detail for operators');
  };
  const answer = await new Browser(() => cloud.url).get('/reset');
  expect(answer.status).toBe(500);
  expect(answer.html).not.toContain('a detail');
  const code = /<code>([0-9A-F]{4}-[0-9A-F]{4})<\/code>/.exec(answer.html)?.[1] ?? 'none';
  expect(cloud.logged.find((line) => line.includes(code))).toContain('a detail for operators');
});

test('health is told while it stands', async () => {
  await using cloud = await startTestCloud();
  const answer = await fetch(`${cloud.url}/healthz`);
  expect(await answer.json()).toEqual({ status: 'ok' });
});

test('the log says which page was asked for, and never an address that is not ours', async () => {
  await using cloud = await startTestCloud();
  const browser = new Browser(() => cloud.url);
  await browser.get('/reset?problem=canary-query');
  await browser.get('/canary-path');
  const requests = () =>
    cloud.logged.filter((line) => line.includes('"msg":"request"')).map((line) => JSON.parse(line));
  await eventually(() => requests().map(({ path, status }) => [path, status])).toEqual([
    ['/reset', 200],
    [undefined, 404],
  ]);
  expect(cloud.logged.join('')).not.toContain('canary');
});
