import { counted } from '../permissions/print-survey.ts';
import type { AgentStatus } from './collect-status.ts';
import { ago, type Row } from './print-rows.ts';

export function agentRows(
  status: AgentStatus,
  { command, clock }: { command: string; clock: { now: () => number } },
): Row[] {
  const { enrolment, keys, journal, cloud } = status;
  if (enrolment === undefined)
    return [
      {
        title: 'Enrolled',
        text: 'no',
        paint: 'bad',
        next: `${command} writeback enable --cloud <address>`,
      },
      ...rulesFileRows(status, command),
    ];
  return [
    { title: 'Enrolled', text: `${enrolment.tenantName}, at ${enrolment.cloudUrl}` },
    { title: 'Agent id', text: enrolment.agentId },
    keys === undefined
      ? { title: 'Fingerprint', text: 'the keys cannot be read', paint: 'bad' }
      : { title: 'Fingerprint', text: keys.fingerprint },
    ...journalRows(journal, command, clock.now()),
    ...linkRows(status, command, clock.now()),
    ...breakerRows(status, command),
    ...rulesRows(status, command, clock.now()),
    ...rulesFileRows(status, command),
    ...keyRows(keys, clock.now()),
    ...recipientRows(status, clock.now()),
    ...(cloud === undefined
      ? []
      : [
          {
            title: 'In the cloud',
            text: `${counted(cloud.known, 'object', 'objects')}, ${cloud.pending} waiting to be sent`,
          },
          ...heldRow(cloud.heldDeletions, 'in the cloud'),
        ]),
  ];
}

export function journalRows(journal: AgentStatus['journal'], command: string, now: number): Row[] {
  if (journal.state === 'held')
    return [{ title: 'Running', text: 'yes, its journal is held', paint: 'good' }];
  const last =
    journal.state === 'free' && journal.lastActive !== undefined
      ? `, last active ${ago(journal.lastActive, now)}`
      : '';
  return [
    { title: 'Running', text: `no${last}`, paint: 'bad', next: `${command} run` },
    ...(journal.state === 'free' && journal.unsettled > 0
      ? [
          {
            title: 'Unsettled',
            text: `${counted(journal.unsettled, 'request', 'requests')} ended in the middle; the agent asks the directory about them. “homeward-agent journal list” shows them`,
            paint: 'warn' as const,
          },
        ]
      : []),
  ];
}

/** What the running agent said of its links; nothing where none runs. */
export function linkRows(
  { journal, links }: Pick<AgentStatus, 'journal' | 'links'>,
  command: string,
  now: number,
): Row[] {
  if (journal.state !== 'held' || links === undefined) return [];
  const open = links.filter(({ state }) => state === 'connected');
  const problem = links.find((link) => link.problem !== undefined)?.problem;
  const text = `${open.length} of ${links.length} open`;
  if (open.length === links.length) return [{ title: 'Links', text, paint: 'good' }];
  const since = Math.min(...links.filter(({ state }) => state !== 'connected').map((link) => link.since));
  return [
    {
      title: 'Links',
      text: `${text}, since ${ago(since, now)}${problem === undefined ? '' : `: ${problem}`}`,
      paint: open.length === 0 ? 'bad' : 'warn',
      ...(open.length === 0 && { next: `${command} preflight` }),
    },
  ];
}

function breakerRows({ breakers, enrolment }: AgentStatus, command: string): Row[] {
  return breakers.map(({ forest, allowed, limit }) => {
    const domain = enrolment?.forests.find(({ sid }) => sid === forest)?.domain ?? forest;
    const per = limit === 'writesPerMinute' ? 'a minute' : 'an hour';
    return {
      title: 'Breaker',
      text: `open for ${domain}: more than ${allowed} writes in ${per}; nothing is written there`,
      paint: 'bad',
      next: `${command} breaker show`,
    };
  });
}

/** The running agent's own rules; nothing where none runs. */
export function rulesRows({ rules }: Pick<AgentStatus, 'rules'>, command: string, now: number): Row[] {
  if (rules === undefined) return [];
  const { file, asOf, problems } = rules;
  if (file === undefined) return [{ title: 'Rules', text: 'the defaults; no rulesFile is configured' }];
  if (problems.length === 0) return [{ title: 'Rules', text: `as of ${ago(asOf, now)}, from ${file}` }];
  return [
    {
      title: 'Rules',
      text: `the file has problems, and the rules of ${ago(asOf, now)} hold`,
      paint: 'warn',
      next: `${command} rules check`,
    },
    ...problemRows(problems),
  ];
}

/** The file that the next start would read, where the running agent has not told what is wrong with it. */
function rulesFileRows({ rules, rulesFile }: AgentStatus, command: string): Row[] {
  if (rulesFile === undefined || rulesFile.problems.length === 0) return [];
  if (rules !== undefined && rules.problems.length > 0) return [];
  return [
    {
      title: 'Rules file',
      text: `${rulesFile.file} cannot be used: an agent that is started with it stops at once`,
      paint: 'bad',
      next: `${command} rules check`,
    },
    ...problemRows(rulesFile.problems),
  ];
}

function problemRows(problems: readonly string[]): Row[] {
  return problems.map((text, index) => ({ title: index === 0 ? 'Problem' : '', text }));
}

function keyRows(keys: AgentStatus['keys'], now: number): Row[] {
  if (keys === undefined) return [];
  const { current, generations, retiring, nextRollover, isRequested, problem } = keys;
  const madeAt = generations.find(({ number }) => number === current)?.madeAt ?? now;
  const rest =
    retiring.length === 0 ? '' : `; ${counted(retiring.length, 'older one', 'older ones')} being retired`;
  const next = isRequested || nextRollover <= now ? 'now' : new Date(nextRollover).toISOString().slice(0, 10);
  return [
    { title: 'Keys', text: `generation ${current}, made ${ago(madeAt, now)}${rest}` },
    { title: 'Next rollover', text: next },
    ...(problem === undefined
      ? []
      : [{ title: 'Rollover', text: `could not be done yet: ${problem}`, paint: 'warn' as const }]),
  ];
}

/** Whoever is in this list can read what people of these forests type. */
function recipientRows({ recipients, enrolment, links = [] }: AgentStatus, now: number): Row[] {
  // Why the cloud tells nothing is said with the links then.
  const isShutOut = links.length > 0 && links.every(({ state }) => state !== 'connected');
  if (recipients === undefined && isShutOut) return [];
  if (recipients === undefined)
    return [{ title: 'Recipients', text: 'not known: the cloud did not tell', paint: 'warn' }];
  const rows = recipients.recipients.map(({ agentId, name, fingerprint, state, enrolledAt }): Row => {
    const who = agentId === enrolment?.agentId ? `${name} (this one)` : name;
    const told = `${who}, ${fingerprint}, enrolled ${ago(enrolledAt, now)}`;
    return state === 'receives'
      ? { title: 'Recipient', text: told }
      : { title: 'Waits', text: `${told}; receives nothing until it is admitted`, paint: 'warn' };
  });
  const more: Row[] = recipients.more > 0 ? [{ title: '', text: `and ${recipients.more} more` }] : [];
  return [...rows, ...more];
}

export function heldRow(held: number, where: string): Row[] {
  if (held === 0) return [];
  const text = `${counted(held, 'deletion', 'deletions')} ${where} wait to be confirmed`;
  return [{ title: 'Held', text, paint: 'warn' }];
}
