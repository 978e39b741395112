import { Command } from 'commander';
import { expect, test } from 'vitest';
import type { EventPage, ReadEvent } from './agent-events-reader.ts';
import { registerEventsCommand } from './events-command.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const agentId = '5f0c0a52-0000-4000-8000-000000000001';

const event = (time: number, more: Partial<ReadEvent> = {}): ReadEvent => ({
  ...{ agentId, agentName: 'dc-agent-1', id: agentId, time, event: 31002, level: 'info', receivedAt: time },
  ...{ requestId: null, person: null, operation: null, outcome: null, rule: null, forest: null },
  ...{ controller: null, code: null, versionBefore: null, versionAfter: null, ...more },
});

async function run(args: string[], pages: EventPage[] = [{ events: [] }], width?: number) {
  const asked: string[] = [];
  const told = { out: [] as string[], err: [] as string[] };
  const program = new Command().exitOverride();
  registerEventsCommand(program, {
    async ask(_, path) {
      asked.push(path);
      return pages[asked.length - 1];
    },
    print: { out: (line) => void told.out.push(line), err: (line) => void told.err.push(line) },
    ...{ now: () => NOW, width },
  });
  await program.parseAsync(['node', 'homeward-cloud', 'events', ...args]);
  return { asked: asked.map((path) => new URL(path, 'http://socket')), ...told };
}

test('an event is told with its words, its agent and what it was about; the newest comes last', async () => {
  const applied = { operation: 'reset', outcome: 'applied', versionBefore: 7, versionAfter: 8 };
  const { out } = await run([], [{ events: [event(NOW, applied), event(NOW - 60_000, { event: 31001 })] }]);
  expect(out).toEqual([
    '2026-11-21 11:59:00 info  31001 Reset started (dc-agent-1)',
    '2026-11-21 12:00:00 info  31002 Password reset (dc-agent-1)',
    '                    operation reset, outcome applied, version 7 → 8',
  ]);
});

test('on a terminal long details are broken at spaces, and no id in two', async () => {
  const details = { operation: 'reset', outcome: 'applied', person: agentId, requestId: agentId };
  const { out, err } = await run([], [{ events: [event(NOW, details)] }], 64);
  expect(err).toEqual(['Times are in UTC.']);
  expect(out.slice(1)).toEqual([
    '                    operation reset, outcome applied, person',
    `                    ${agentId},`,
    `                    request ${agentId}`,
  ]);
});

test('what comes of itself is left out, unless it is asked for', async () => {
  const pages = () => [{ events: [event(NOW, { event: 31017 })] }];
  expect((await run([], pages())).err).toEqual([
    'No such event in the last 24 hours; --since 7d looks further back. --all shows signs of life, too.',
  ]);
  for (const args of [['--all'], ['--event', '31017'], ['--json']])
    expect((await run(args, pages())).out.join(), args.join()).toContain('31017');
});

test('what an agent told cannot move the cursor, and a number of a later version has words as well', async () => {
  const { out } = await run([], [{ events: [event(NOW, { event: 39999, forest: '\u001b[2Jcorp' })] }]);
  expect(out.join('\n')).toContain('39999 Event 39999');
  expect(out.join('\n')).not.toContain('\u001b');
});

test('all pages are fetched, for the time, agent and ids that are asked for', async () => {
  const pages = [{ events: [event(3)], older: 'a-place' }, { events: [event(2)] }];
  const { asked, out } = await run(['--agent', 'dc-agent-1', '--event', '31002, 31003', '--json'], pages);
  expect(asked.map(({ pathname }) => pathname)).toEqual(Array(2).fill('/administrators/events'));
  expect(Object.fromEntries(asked[0]?.searchParams ?? [])).toEqual({
    ...{ since: String(NOW - 86_400_000), agent: 'dc-agent-1', event: '31002,31003' },
  });
  expect(asked[1]?.searchParams.get('before')).toBe('a-place');
  expect(out.map((line) => JSON.parse(line))).toMatchObject([
    { time: '1970-01-01T00:00:00.002Z' },
    { time: '1970-01-01T00:00:00.003Z', event: 31002, meaning: 'Password reset', agentName: 'dc-agent-1' },
  ]);
  expect(out[0]).not.toContain('null');
});

test.each([
  ['24h', NOW - 86_400_000],
  ['2026-01-01T00:00Z', Date.UTC(2026, 0, 1)],
])('--since %s', async (since, from) => {
  const { asked, err } = await run(['--since', since]);
  expect(asked[0]?.searchParams.get('since')).toBe(String(from));
  expect(err).toEqual(['No such event.']);
  expect((await run([])).err[0]).toContain('--since 7d looks further back');
});

test('all that is wrong with the options is told at once', async () => {
  await expect(run(['--since', 'lately', '--event', 'x'])).rejects.toMatchObject({
    code: 'ERR_COMMAND_REFUSED',
    message: expect.stringMatching(/--since: [^\n]+\n--event: /),
  });
});
