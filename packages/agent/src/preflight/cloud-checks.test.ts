import { execFileSync } from 'node:child_process';
import { mkdtempDisposableSync, readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '@homeward/protocol/secret';
import { expect, test } from 'vitest';
import type { Enrolment } from '../enrol/enrolment.ts';
import { fixtureAgent, fixtureRelay } from '../link/relay.fixture.ts';
import { connectProxy } from '../network/connect-proxy.fixture.ts';
import { openTunnel } from '../network/proxy-tunnel.ts';
import { type Check, runCheck } from './check.ts';
import { inspectTls } from './inspect-tls.ts';
import { proxyChecks } from './proxy-check.ts';
import { idleFinding, relayChecks } from './relay-checks.ts';

const NAME = 'reset.example.com';
const run = async (check: Check | undefined) =>
  check ? (await runCheck('Cloud', check, () => {}))[0] : undefined;

test('a proxy is tried by what it is for, and what it wants is said with the mend', async () => {
  expect(proxyChecks(undefined, `https://${NAME}`)).toEqual([]);
  const credentials = { userName: 'agent', password: 'right' };
  await using proxy = await connectProxy({ credentials, leadsTo: { host: '127.0.0.1', port: 9 } });
  const check = (password?: string) =>
    run(
      proxyChecks(
        {
          url: proxy.url,
          ...(password && { credentials: { userName: 'agent', password: new Secret(password) } }),
        },
        `https://${NAME}`,
      )[0],
    );
  expect(await check()).toMatchObject({
    status: 'FAIL',
    finding: expect.stringMatching(/^The proxy .* asks for a user name and a password \(HTTP 407\)\.$/),
    mend: 'Set proxy.userName and proxy.passwordFile.',
  });
  expect(await check('wrong')).toMatchObject({ status: 'FAIL', mend: expect.stringContaining('Basic') });
  await using open = await connectProxy({
    leadsTo: { host: '127.0.0.1', port: Number(new URL(proxy.url).port) },
  });
  expect(await run(proxyChecks({ url: open.url }, `https://${NAME}`)[0])).toMatchObject({
    status: 'PASS',
    finding: `${new URL(open.url).host} connects to ${NAME}:443.`,
  });
});

test('the certificate of a cloud is seen through the proxy', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'homeward-tls-'));
  const [key, cert] = [join(folder.path, 'key'), join(folder.path, 'cert')];
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '9'],
      ...['-keyout', key, '-out', cert, '-subj', `/CN=${NAME}`, '-addext', `subjectAltName=DNS:${NAME}`],
    ],
    { stdio: 'ignore' },
  );
  const pair = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  const server = createServer(pair);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const leadsTo = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
    await using proxy = await connectProxy({ leadsTo });
    const through = (host: string) => () => openTunnel({ url: proxy.url }, { host, port: 443 });
    const at = (host: string) => ({ host, addresses: [host], port: 443 });
    expect(await inspectTls(at(NAME), pair.cert, 15_000, through(NAME))).toEqual({
      validTo: expect.any(Number),
    });
    expect(await inspectTls(at('x.example.com'), pair.cert, 15_000, through('x.example.com'))).toMatchObject({
      refusal: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

test('the relay is tried as the links go there; without an enrolment or a credential it is not', async () => {
  await using relay = await fixtureRelay(await fixtureAgent());
  const issued = { token: new Secret('token'), expires: 0 };
  const deps = { enrolment: { relayUrl: relay.url } as Enrolment, idleSeconds: 0, pingEverySeconds: 45 };
  const relayOf = (more: object) => run(relayChecks({ ...deps, credential: async () => issued, ...more })[0]);
  expect((await relayOf({}))?.status).toBe('PASS');
  expect((await relayOf({ enrolment: undefined }))?.status).toBe('SKIP');
  expect((await relayOf({ credential: () => Promise.reject(new Error('no')) }))?.status).toBe('SKIP');
  expect(relayChecks({ ...deps, credential: async () => issued })).toHaveLength(1);
  expect(
    await run(relayChecks({ ...deps, idleSeconds: 10, credential: async () => issued })[1]),
  ).toMatchObject({
    status: 'SKIP',
    finding: expect.stringContaining('earlier version'),
  });
});

test.each([
  [{ kind: 'alive', seconds: 10 }, 'PASS', 'for 10 s at least; longer was not tried.'],
  [{ kind: 'alive', seconds: 130 }, 'PASS', 'Pings every 45 s keep the links open.'],
  [{ kind: 'cut', seconds: 120 }, 'PASS', 'ended after 120 s. Pings every 45 s keep the links open.'],
  [{ kind: 'dead', seconds: 60 }, 'WARN', 'was dead, without a word, after 60 s.'],
  [{ kind: 'cut', seconds: 4 }, 'FAIL', 'ended after 4 s.'],
  [{ kind: 'refused', status: 403 }, 'FAIL', 'does not take this agent (HTTP 403)'],
  [{ kind: 'refused', status: 400 }, 'FAIL', 'HTTP 400 where the relay should'],
  [{ kind: 'closed', reason: 'tooMany' }, 'FAIL', 'Too many sessions'],
  [{ kind: 'closed', reason: 1006 }, 'FAIL', 'code 1006'],
] as const)('what was seen of an idle connection, %o, is %s and said as it is', (result, status, text) => {
  const finding = idleFinding(result, 45);
  expect(finding.status).toBe(status);
  expect(finding.finding).toContain(text);
  if (status !== 'PASS') expect(finding.mend).toBeTruthy();
});
