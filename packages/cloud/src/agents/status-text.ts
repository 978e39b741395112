import {
  enAgentWarnings,
  enForestLinks,
  enTenantStates,
  type LinkWords,
} from '../portal/locales/en-integration.ts';
import type { AgentStatus, ForestStatus, TenantStatus } from './status.ts';
import { attentionOf } from './status-attention.ts';

/** The status as text for a terminal, at most 100 columns. */
export function statusText(status: TenantStatus): string {
  const summary = enTenantStates[status.state];
  const why = status.state === 'down' && status.why !== undefined ? [enForestLinks[status.why].heading] : [];
  const forests = status.forests.flatMap((forest) => ['', ...forestLines(forest)]);
  const agents = status.agents.flatMap((agent) => ['', ...agentLines(agent, status)]);
  const attention = attentionOf(status, printable).flatMap((text) => wrap(text, '  ! '));
  const heading = lines([summary.heading, ...why].join(': '), summary);
  return [...heading, ...attention, ...forests, ...agents].join('\n');
}

function forestLines({ domain, link }: ForestStatus): string[] {
  return lines(`Forest ${domain}: ${enForestLinks[link].heading}`, enForestLinks[link]);
}

function agentLines(agent: AgentStatus, { at, forests }: TenantStatus): string[] {
  const domainOf = (sid: string) => forests.find((forest) => forest.sid === sid)?.domain ?? sid;
  const { report, keys } = agent;
  const facts = [
    ['id', agent.id],
    ['links', `${agent.links} of 2 open`],
    [
      'serves',
      Object.entries(agent.forests)
        .map(([sid, link]) => `${domainOf(sid)} (${enForestLinks[link].heading})`)
        .join(', '),
    ],
    ['last heard', agent.lastHeardAt === undefined ? 'never' : ago(at - agent.lastHeardAt)],
    ...(report === undefined
      ? []
      : [
          ['version', report.version],
          ['clock', clockText(agent.clockOffset ?? 0)],
          ['requests', `${report.counts.served} served, ${report.counts.applied} applied since its start`],
          ['people', String(report.counts.people)],
        ]),
    ...(keys === undefined ? [] : [['keys', `generation ${keys.generation}, ${ago(at - keys.madeAt)}`]]),
  ];
  return [
    `Agent ${printable(agent.name)}`,
    ...facts.map(([title = '', text = '']) => `  ${title.padEnd(12)}${text}`),
    ...agent.warnings.flatMap((warning) => wrap(enAgentWarnings[warning], '  ! ')),
  ];
}

function lines(heading: string, { meaning, next }: LinkWords): string[] {
  return [heading, ...wrap(meaning, '  '), ...(next === undefined ? [] : wrap(next, '  → '))];
}

function clockText(offset: number): string {
  const seconds = Math.round(Math.abs(offset) / 1_000);
  if (seconds === 0) return 'in step';
  return `${seconds} s ${offset > 0 ? 'ahead' : 'behind'}`;
}

const UNITS = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
] as const;

function ago(ms: number): string {
  const [size, unit] = UNITS.find(([each]) => ms >= each) ?? [1_000, 'second'];
  const count = Math.max(0, Math.floor(ms / size));
  return `${count} ${unit}${count === 1 ? '' : 's'} ago`;
}

/** Agents name themselves; a name must not move the cursor. */
function printable(text: string): string {
  return text.replace(/\p{C}/gu, '?');
}

function wrap(text: string, first: string): string[] {
  const rest = ' '.repeat(first.length);
  const made: string[] = [];
  let line = first;
  for (const word of text.split(' ')) {
    if (line.length + word.length > 99 && line.trim() !== '') {
      made.push(line.trimEnd());
      line = rest;
    }
    line += `${word} `;
  }
  return [...made, line.trimEnd()];
}
