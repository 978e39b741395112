import { expect, test } from 'vitest';
import type { AgentStatus, TenantStatus } from '../agents/status.ts';
import { siteOf } from '../portal/site.ts';
import { integrationPage } from './integration-page.tsx';
import { anAgentStatus, aTenantStatus, SID } from './integration-status.fixture.ts';
import { shownName } from './shown-name.ts';

const site = siteOf(
  {
    ...{ name: 'Example Corporation', timeZone: 'UTC', publicUrl: 'https://reset.example.com' },
    ...{ supportContact: undefined, freshAddresses: 'allow', sealing: 'preferred' },
  } as unknown as Parameters<typeof siteOf>[0],
  { styleHref: '/style', iconHref: '/icon', rulesHref: '/rules', sealHref: undefined },
);
const administrator = { userName: 'admin-anna' } as Parameters<typeof integrationPage>[1]['administrator'];
const htmlOf = (status: TenantStatus) =>
  String(integrationPage(site, { administrator, status, news: undefined }));
const boxOf = (changes: Partial<TenantStatus>) =>
  /<div class="verdict (\w+)"><p><strong>/.exec(htmlOf(aTenantStatus(changes)))?.[1];

test.each<[string, Partial<TenantStatus>, string]>([
  ['all is well', { state: 'up' }, 'news'],
  ['all is well on older software', { state: 'upOutdated' }, 'news'],
  ['something should be looked at', { state: 'upWithWarnings' }, 'notice'],
  ['some forests are away', { state: 'partlyUp' }, 'notice'],
  ['nothing was set up yet', { state: 'notSetUp' }, 'notice'],
  ['agents are about to come back', { state: 'down', why: 'cloudStarting' }, 'notice'],
  ['nobody can be served', { state: 'down', why: 'agentOffline' }, 'summary'],
])('the box has the colour of what is so: %s', (_, changes, box) => {
  expect(boxOf(changes)).toBe(box);
});

test('what should be looked at is named, agent by agent', () => {
  const waiting: AgentStatus = {
    ...anAgentStatus('dc-agent-2'),
    ...{ status: 'pending', warnings: [], forests: { [SID]: 'pendingAdmission' } },
  };
  const html = htmlOf(
    aTenantStatus({ state: 'upWithWarnings', agents: [anAgentStatus('dc-agent-1'), waiting] }),
  );
  expect(html).toContain('<li>dc-agent-1: one connection only</li>');
  expect(html).toContain('<li>dc-agent-2: the agent waits to be admitted</li>');
});

test('a name of right-to-left letters turns no words round, and what steers a display is not shown', () => {
  expect(shownName('dc-agent-1')).toBe('dc-agent-1');
  expect(shownName('\u05e9\u05e8\u05ea')).toBe('\u2068\u05e9\u05e8\u05ea\u2069');
  expect(shownName('büro-1 → 2')).toBe('büro-1 → 2');
  expect(shownName('a\u202eb\u001bc\u2028d')).toBe('a?b?c?d');
  const html = htmlOf(aTenantStatus({ state: 'up', agents: [anAgentStatus('\u05e9\u202e')] }));
  expect(html).toContain('<h3>\u2068\u05e9?\u2069</h3>');
  expect(html).not.toContain('\u202e');
});
