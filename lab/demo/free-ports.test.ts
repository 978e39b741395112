import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempDisposableSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeLab } from '../lab-file.ts';
import { freePort } from '../network/free-port.ts';
import { requireFreePorts } from './free-ports.ts';

async function takenPort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { port, [Symbol.asyncDispose]: async () => void (await once(server.close(), 'close')) };
}

const wanted = (port: number, variable = 'PORT') => ({
  what: 'the pages',
  host: '127.0.0.1',
  port,
  variable,
});

test('free ports are found free, and are free afterwards', async () => {
  const port = await freePort();
  await requireFreePorts([wanted(port)]);
  await requireFreePorts([wanted(port)]);
});

test('every port that is taken is named, with the way to see by whom and the way around it', async () => {
  await using one = await takenPort();
  await using other = await takenPort();
  const error: unknown = await requireFreePorts([wanted(one.port), wanted(other.port, 'MAILBOX_PORT')]).catch(
    (reason: unknown) => reason,
  );
  expect(String(error)).toContain(`port ${one.port}, for the pages, cannot be had: another program has it`);
  expect(String(error)).toContain(`ss -lntp 'sport = :${one.port}'`);
  expect(String(error)).toMatch(/make demo PORT=\d+/);
  expect(String(error)).toMatch(new RegExp(`port ${other.port}, .*make demo MAILBOX_PORT=\\d+`, 's'));
});

function startDemo(lab: string, variables: Record<string, string>) {
  return spawnSync(process.execPath, [join(import.meta.dirname, 'demo.ts')], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOMEWARD_LAB: lab, ...variables },
  });
}

test('a demo whose port is taken says so before it touches anything', async () => {
  await using taken = await takenPort();
  using folder = mkdtempDisposableSync(join(tmpdir(), 'homeward-demo-'));
  const lab = join(folder.path, 'lab');
  const ports = { PORT: String(taken.port), MAILBOX_PORT: String(await freePort()) };
  const { status, stderr, stdout } = startDemo(lab, ports);
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toContain(`The demo could not start: port ${taken.port}, for the pages, cannot be had`);
  expect(existsSync(lab)).toBe(false);
});

test('a second demo of a lab is refused on other ports, too, and leaves the first one’s files alone', async () => {
  await using first = await takenPort();
  using folder = mkdtempDisposableSync(join(tmpdir(), 'homeward-demo-'));
  const url = `http://127.0.0.1:${first.port}`;
  const ca = { certFile: 'ca.crt', keyFile: 'ca.key' };
  await writeLab({ version: 1, folder: folder.path, forests: [], ca, mailbox: null, cloud: { url } });
  mkdirSync(join(folder.path, 'demo/cloud'), { recursive: true });
  const [port, mailboxPort] = await Promise.all([freePort(), freePort()]);
  const ports = { PORT: String(port), MAILBOX_PORT: String(mailboxPort) };
  const { status, stderr, stdout } = startDemo(folder.path, ports);
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toContain(`a demo of this lab runs already, at ${url}/reset`);
  expect(existsSync(join(folder.path, 'demo/cloud'))).toBe(true);
});
