import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { eventually } from './testing/eventually.ts';
import { choose, passGate } from './testing/reset-steps.ts';
import { startTestCloud, type TestCloud } from './testing/test-cloud.ts';

/** An agent's link: an upgraded connection that stays. Resolves once it is up; `ended` when the cloud ends it. */
async function openLink(cloud: TestCloud): Promise<{ ended: Promise<void> }> {
  const socket = connect(Number(new URL(cloud.url).port), '127.0.0.1');
  // However the cloud ends it.
  socket.on('error', () => {});
  socket.write('GET /relay HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  await new Promise((resolve) => socket.once('data', resolve));
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return { ended };
}

test('it stops although agents are connected, and ends their links', async () => {
  await using cloud = await startTestCloud();
  const link = await openLink(cloud);
  await cloud.stop();
  await link.ended;
});

test('an order under way gets its answer before the links of agents are ended', async () => {
  await using cloud = await startTestCloud();
  await openLink(cloud);
  const browser = await passGate(cloud);
  const { promise, resolve } = Promise.withResolvers<void>();
  cloud.agents.gate = promise;
  const answered = choose(browser, 'new Secret 1').catch(() => undefined);
  await eventually(() => cloud.agents.orders).toHaveLength(1);
  const stopped = cloud.stop();
  await new Promise((done) => setTimeout(done, 50));
  expect(cloud.agents.links).toHaveLength(1);
  resolve();
  await stopped;
  await answered;
  await cloud.restart();
  expect((await browser.get('/reset/done')).html).toContain('Your password has been changed');
});

test('what keeps it from starting leaves nothing open behind', async () => {
  await using cloud = await startTestCloud();
  const busy = { ...cloud.config, listen: { host: '127.0.0.1', port: Number(new URL(cloud.url).port) } };
  await expect(cloud.startAnother({ ...busy, dataFolder: `${busy.dataFolder}-2` })).rejects.toMatchObject({
    code: 'ERR_LISTEN_FAILED',
  });
  const started = await cloud.startAnother({ ...cloud.config, dataFolder: `${busy.dataFolder}-2` });
  await started.stop();
});
