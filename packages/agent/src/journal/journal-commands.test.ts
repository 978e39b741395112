import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId } from '@homeward/protocol/id';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeEnrolment } from '../enrol/enrolment-file.ts';
import { recordingLog } from '../link/relay.fixture.ts';
import { fakeTerminal } from '../permissions/directory.fixture.ts';
import { type Intent, openJournal } from '../writeback/journal.ts';
import { listEntries } from './list-entries.ts';
import { highWaterAfter, resetClock } from './reset-clock.ts';
import { resolveByHand } from './resolve-by-hand.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
const forest = 'S-1-5-21-1-2-3';

let stateFolder: string;
let now: number;
const log = recordingLog();

beforeEach(() => {
  stateFolder = mkdtempSync(join(tmpdir(), 'homeward-commands-'));
  now = Date.UTC(2026, 10, 21, 12);
  log.lines.length = 0;
});
afterEach(() => rmSync(stateFolder, { recursive: true }));

function depsOf(answers?: string[]) {
  const clock = { now: () => now, monotonic: () => now };
  const terminal = fakeTerminal(answers);
  return { terminal, clock, log, fetch, command: 'homeward-agent', operator: 'ada' };
}

const intent = (more: Partial<Intent> = {}): Intent => ({
  ...{ requestId: newId(), digest: 'aa'.repeat(32), isSealed: true, expires: now + 2 * minute },
  ...{ operation: 'reset', flags: 3, forest, objectGuid: 'the-guid', intendedAt: now },
  before: { controller: 'dc1.corp.example.com', versionBefore: 3, invocationId: '11'.repeat(16) },
  ...more,
});

const open = () => openJournal(stateFolder, () => now);

function leaveBehind(intents: Intent[]): void {
  const journal = open();
  for (const one of intents) journal.intend(one);
  journal.close();
}

function findIn(requestId: string) {
  const journal = open();
  const found = journal.find(requestId);
  journal.close();
  return found;
}

test('what is open and what the cloud has not heard of is listed, also while the agent runs', () => {
  const [begun, untold, told] = [intent(), intent(), intent()];
  const never = newId();
  const journal = open();
  for (const one of [begun, untold, told]) journal.intend(one);
  for (const one of [untold, told]) journal.settle(one, { outcome: { kind: 'applied' }, event: 31_002 });
  journal.entomb(never, now + 3 * minute);
  journal.acknowledge(told.requestId);
  journal.unacknowledged(0, 1);
  now += 5 * minute;
  const listed = () => {
    const deps = depsOf();
    listEntries({ stateFolder }, { json: true }, deps);
    return JSON.parse(deps.terminal.text()) as unknown;
  };
  const person = { operation: 'reset', forest, objectGuid: 'the-guid', controller: 'dc1.corp.example.com' };
  const times = { intendedAt: now - 5 * minute, expires: now - 3 * minute };
  const expected = {
    entries: [
      { requestId: begun.requestId, state: 'open', ...times, ...person },
      { requestId: untold.requestId, state: 'untold', outcome: 'applied', ...times, ...person },
      { requestId: never, state: 'untold', outcome: 'notStarted', expires: now - 2 * minute },
    ],
  };
  expect(listed()).toEqual(expected);
  journal.close();
  expect(listed()).toEqual(expected);
  const deps = depsOf();
  listEntries({ stateFolder }, {}, deps);
  const text = deps.terminal.text();
  expect(text).toContain(`Request ${begun.requestId}`);
  expect(text).toContain('5 minutes ago (2026-11-21 12:00 UTC)');
  expect(text).toContain('homeward-agent journal resolve');
});

test('where nothing is open, and where there is no journal, that is said', () => {
  for (const make of [() => {}, () => leaveBehind([])]) {
    make();
    const deps = depsOf();
    listEntries({ stateFolder }, {}, deps);
    expect(deps.terminal.text()).toContain('Nothing is open');
  }
});

test.each([
  ['applied', 'applied', 31_002],
  ['notApplied', 'notStarted', 32_008],
] as const)(
  'what a person saw as %s ends the request, and waits for the cloud',
  async (seen, kind, event) => {
    const begun = intent();
    leaveBehind([begun]);
    now += 4 * minute;
    const { requestId } = begun;
    const deps = depsOf(['y']);
    expect(await resolveByHand({ stateFolder }, { requestId, seen }, deps)).toBe(0);
    const { digest, isSealed, expires } = begun;
    const ended = { requestId, digest, isSealed, expires, state: 'outcome', outcome: { kind }, event };
    expect(findIn(requestId)).toEqual(ended);
    const journal = open();
    expect(journal.unacknowledged(0, 9)).toMatchObject([{ requestId }]);
    journal.close();
    expect(deps.terminal.text()).toContain('objectGUID the-guid');
    expect(log.lines).toMatchObject([
      { level: 'warn', fields: { event, requestId, operation: 'reset', forest, outcome: kind } },
    ]);
    expect(log.lines[0]?.message).toContain('ada');
  },
);

test('nothing is written without a yes: from a person, or given beforehand', async () => {
  const begun = intent();
  leaveBehind([begun]);
  now += 4 * minute;
  const order = { requestId: begun.requestId, seen: 'applied' } as const;
  expect(await resolveByHand({ stateFolder }, order, depsOf(['n']))).toBe(3);
  expect(await resolveByHand({ stateFolder }, order, depsOf())).toBe(3);
  expect(findIn(begun.requestId)?.state).toBe('intent');
  expect(log.lines).toEqual([]);
  expect(await resolveByHand({ stateFolder }, { ...order, yes: true }, depsOf())).toBe(0);
  expect(findIn(begun.requestId)).toMatchObject({ outcome: { kind: 'applied' } });
});

test('what may still be carried out, has ended, or never was is left as it is', async () => {
  const [early, ended] = [intent(), intent()];
  leaveBehind([early, ended]);
  const journal = open();
  journal.settle(ended, { outcome: { kind: 'superseded' }, event: 31_003 });
  journal.close();
  const attempt = async (requestId: string) => {
    const deps = depsOf(['y']);
    expect(await resolveByHand({ stateFolder }, { requestId, seen: 'applied' }, deps)).toBe(1);
    return deps.terminal.text();
  };
  now += 3 * minute;
  expect(await attempt(early.requestId)).toContain('until 12:03:00 UTC');
  expect(await attempt(ended.requestId)).toContain('superseded');
  expect(await attempt(newId())).toContain('no open request of this id');
  expect(findIn(early.requestId)?.state).toBe('intent');
  expect(findIn(ended.requestId)).toMatchObject({ outcome: { kind: 'superseded' } });
});

test('while the agent runs nothing is changed, and what to do is said', async () => {
  const begun = intent();
  const running = open();
  running.intend(begun);
  now += 4 * minute;
  const refusal = { code: 'ERR_ALREADY_RUNNING', message: expect.stringContaining('Stop the agent') };
  const order = { requestId: begun.requestId, seen: 'applied', yes: true } as const;
  await expect(resolveByHand({ stateFolder }, order, depsOf())).rejects.toMatchObject(refusal);
  const misspelt = depsOf();
  expect(await resolveByHand({ stateFolder }, { ...order, requestId: newId() }, misspelt)).toBe(1);
  expect(misspelt.terminal.text()).toContain('no open request of this id');
  await expect(resetClock({ stateFolder }, { yes: true }, depsOf())).rejects.toMatchObject(refusal);
  expect(running.find(begun.requestId)?.state).toBe('intent');
  running.close();
});

/** The agent has run with a clock that was ahead, and the clock was set right. */
function wasAhead(by: number): void {
  now += by;
  leaveBehind([intent()]);
  now -= by;
}

const highWater = () => {
  const journal = open();
  const latest = journal.highWater();
  journal.close();
  return latest;
};

/** A cloud whose clock differs from this machine's. */
async function withCloud<T>(offset: number, work: () => Promise<T>): Promise<T> {
  const server = createServer((_, response) => {
    response.setHeader('date', new Date(now + offset).toUTCString()).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cloudUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  writeEnrolment(stateFolder, { cloudUrl, name: 'dc-agent-1', forests: [] } as never);
  try {
    return await work();
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

test('the latest time seen is set to now where the cloud says that now is right', async () => {
  wasAhead(3 * 60 * minute);
  expect(highWater()).toBe(now + 3 * 60 * minute);
  expect(await withCloud(-30_000, () => resetClock({ stateFolder }, {}, depsOf(['y'])))).toBe(0);
  expect(highWater()).toBe(now);
  expect(log.lines).toMatchObject([{ level: 'warn', fields: { event: 32_005 } }]);
  expect(log.lines[0]?.message).toContain('ada');
  const deps = depsOf();
  expect(await resetClock({ stateFolder }, {}, deps)).toBe(0);
  expect(deps.terminal.text()).toContain('Nothing to do');
});

test.each([-90_000, 90_000])(
  'a machine that is off by %i ms is told to set its clock first',
  async (offset) => {
    wasAhead(3 * 60 * minute);
    const deps = depsOf();
    expect(await withCloud(offset, () => resetClock({ stateFolder }, { yes: true }, deps))).toBe(1);
    expect(deps.terminal.text()).toContain(
      offset > 0 ? 'behind the cloud’s clock' : 'ahead of the cloud’s clock',
    );
    expect(highWater()).toBe(now + 3 * 60 * minute);
  },
);

test('without a cloud to ask, the person says whether the time is right', async () => {
  wasAhead(3 * 60 * minute);
  const deps = depsOf(['n']);
  expect(await resetClock({ stateFolder }, {}, deps)).toBe(3);
  expect(deps.terminal.text()).toContain('cannot be asked');
  expect(highWater()).toBe(now + 3 * 60 * minute);
  expect(await resetClock({ stateFolder }, {}, depsOf(['y']))).toBe(0);
  expect(highWater()).toBe(now);
});

test('a clock that was ahead for so long that entries were forgotten waits until no request of then can be repeated', () => {
  const longest = 5 * minute + 2 * minute;
  expect(highWaterAfter(now + day - minute, now)).toBe(now);
  expect(highWaterAfter(now + day, now)).toBe(now + longest + 1);
  expect(highWaterAfter(now + 30 * day, now)).toBe(now + longest + 1);
});
