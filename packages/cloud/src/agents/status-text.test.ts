import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { enAgentWarnings, enForestLinks, enTenantStates } from '../portal/locales/en-integration.ts';
import {
  type AgentStatus,
  FOREST_LINKS,
  type ForestLink,
  TENANT_STATES,
  type TenantStatus,
} from './status.ts';
import { registerStatusCommand } from './status-command.ts';
import { statusText } from './status-text.ts';
import { CLOUD_VERSION, compareVersions } from './status-versions.ts';

const SID = 'S-1-5-21-1-2-3';
const at = Date.UTC(2026, 10, 21, 12);

const agent: AgentStatus = {
  ...{ id: '5f0c0a52-0000-4000-8000-000000000001', name: 'dc-agent-1', status: 'active', links: 1 },
  ...{ warnings: ['oneLink'], forests: { [SID]: 'up' }, keys: { generation: 2, madeAt: at - 86_400_000 } },
  ...{ enrolledAt: at - 200 * 86_400_000, lastHeardAt: at - 61_000, lastProbedAt: at, clockOffset: -2_100 },
  report: {
    ...{ version: '0.1.0', session: 5, instance: 'a', clock: at, generation: 2, breakerOpen: false },
    forests: { [SID]: 'up' },
    counts: { served: 3, applied: 2, unsettled: 0, people: 10 },
  },
};

const statusOf = (state: TenantStatus['state'], link: ForestLink): TenantStatus => ({
  ...{ state, at, version: CLOUD_VERSION, agents: [agent] },
  ...(state === 'down' && { why: link }),
  forests: [{ sid: SID, domain: 'corp.example.com', link, agents: [agent.id] }],
});

test.each(FOREST_LINKS)('%s says what is so, what it means and, where it is not well, what to do', (link) => {
  const { heading, meaning, next } = enForestLinks[link];
  const text = statusText(statusOf('down', link));
  expect(text).toContain(`Forest corp.example.com: ${heading}`);
  expect(heading.length).toBeLessThan(60);
  expect(meaning).toMatch(/\.$/);
  if (link !== 'up') expect(next).toMatch(/\.$/);
});

test.each(TENANT_STATES)('%s begins with its own heading and keeps to 100 columns', (state) => {
  const text = statusText(statusOf(state, 'directoryUnreachable'));
  expect(text.startsWith(enTenantStates[state].heading)).toBe(true);
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
});

test('an agent is told with its links, clock, keys and warnings', () => {
  const text = statusText(statusOf('upWithWarnings', 'up'));
  expect(text).toMatch(/Agent dc-agent-1\n +id +5f0c0a52/);
  expect(text).toMatch(/links +1 of 2 open/);
  expect(text).toMatch(/clock +2 s behind/);
  expect(text).toMatch(/keys +generation 2, 1 day ago/);
  expect(text).toMatch(/last heard +1 minute ago/);
  expect(text.replaceAll(/\n +/g, ' ')).toContain(enAgentWarnings.oneLink);
});

test('what is to be looked at is named with its agent where all is up, and nowhere else', () => {
  const pending = {
    ...agent,
    name: 'dc-agent-2',
    warnings: [],
    forests: { [SID]: 'pendingAdmission' as const },
  };
  const text = (state: TenantStatus['state']) =>
    statusText({ ...statusOf(state, 'up'), agents: [agent, pending] });
  expect(text('upWithWarnings')).toContain(
    '  ! dc-agent-1: one connection only\n  ! dc-agent-2: the agent waits to be admitted\n',
  );
  expect(text('up')).not.toContain('dc-agent-2: ');
});

test('a name that an agent gave itself cannot move the cursor', () => {
  const status = { ...statusOf('up', 'up'), agents: [{ ...agent, name: 'a\u001b[2Jb' }] };
  expect(statusText(status)).toContain('Agent a?[2Jb');
});

test.each([
  ['up', 0],
  ['upOutdated', 0],
  ['partlyUp', 1],
  ['down', 1],
] as const)('the command ends for %s with %i, and gives the whole as JSON', async (state, exit) => {
  const printed: string[] = [];
  const ends: number[] = [];
  const program = new Command();
  const status = statusOf(state, 'up');
  registerStatusCommand(
    program,
    async () => status,
    (line) => printed.push(line),
    (code) => ends.push(code),
  );
  await program.parseAsync(['status', '--json'], { from: 'user' });
  expect(ends).toEqual([exit]);
  expect(JSON.parse(printed.join('\n'))).toEqual(JSON.parse(JSON.stringify(status)));
});

test('versions are compared by their numbers, and the cloud knows its own', () => {
  expect(compareVersions('0.10.0', '0.9.9')).toBeGreaterThan(0);
  expect(compareVersions('1.2.3-beta', '1.2.3')).toBe(0);
  expect(compareVersions('unknown', '0.0.0')).toBeLessThan(0);
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  expect(CLOUD_VERSION).toBe(manifest.version);
});
