import { mkdtempDisposableSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId } from '@homeward/protocol/id';
import { expect, test } from 'vitest';
import { recordingLog } from '../link/relay.fixture.ts';
import { fakeTerminal } from '../permissions/directory.fixture.ts';
import { enableCommand } from './enable-command.ts';
import { readEnrolment } from './enrolment.ts';
import { ownAddress } from './own-address.ts';

/** Enrols at `cloud`, which calls itself `issuer`. */
async function enrolled(cloud: string, issuer: string) {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'homeward-enrol-'));
  const terminal = fakeTerminal();
  const log = recordingLog();
  const relayUrl = `${issuer.replace(/^http/, 'ws')}/relay`;
  const tenant = { tenantId: newId(), tenantName: 'Example Corporation' };
  const answer = { agentId: newId(), status: 'active', ...tenant, issuer, relayUrl };
  await enableCommand(
    { name: 'agent-1', stateFolder: folder.path, forests: [{ domain: 'corp.example.com' } as never] },
    { cloud, token: 'token' },
    {
      ...{ terminal, log, command: 'homeward-agent', random: () => 0, sleep: async () => {} },
      clock: { now: Date.now, monotonic: () => performance.now() },
      fetch: async () => Response.json(answer, { status: 201 }),
      signal: new AbortController().signal,
      identify: async ({ domain }) => ({ sid: 'S-1-5-21-1-2-3', domain, netbiosName: 'CORP' }),
    },
  );
  const text = terminal.text().replaceAll(/\s+/g, ' ');
  const warned = log.lines.filter(({ level }) => level === 'warn');
  return { text, warned, kept: readEnrolment(folder.path)?.cloudUrl };
}

test('a machine that enrols at another address than the cloud’s own is told so at once, with what mends it', async () => {
  const { text, warned, kept } = await enrolled('https://10.0.0.5:8443', 'https://reset.example.com');
  expect(text).toContain('Enrolled as agent-1 for Example Corporation.');
  expect(text).toContain(
    'this cloud goes by https://reset.example.com, and this machine was enrolled at https://10.0.0.5:8443.',
  );
  expect(text).toContain('"homeward-agent writeback enable --cloud https://reset.example.com"');
  expect(warned).toMatchObject([
    { fields: { enrolledAt: 'https://10.0.0.5:8443', own: 'https://reset.example.com' } },
  ]);
  expect(kept, 'nobody but the administrator changes where it goes').toBe('https://10.0.0.5:8443');
});

test('at the cloud’s own address nothing is said, however it is written', async () => {
  const { text, warned } = await enrolled('https://Reset.Example.com:443/', 'https://reset.example.com');
  expect(text).not.toContain('Warning');
  expect(warned).toEqual([]);
});

test.each([
  ['https://reset.example.com/homeward', 'https://reset.example.com/homeward/', undefined],
  ['https://reset.example.com/homeward', 'https://reset.example.com', 'https://reset.example.com'],
  ['http://localhost:8080', 'http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
  ['https://reset.example.com', undefined, undefined],
])('enrolled at %s of a cloud that goes by %s, the other address is %s', (cloudUrl, issuer, other) => {
  expect(ownAddress(cloudUrl, issuer)).toBe(other);
});
