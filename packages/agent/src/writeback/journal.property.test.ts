import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId } from '@homeward/protocol/id';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Journal, openJournal } from './journal.ts';

const DAY = 86_400_000;
const START = 1_800_000_000_000;
const IDS = Array.from({ length: 4 }, () => newId());

/** What a journal must know, as plainly as it can be said. */
type Known = { state: 'intent' | 'outcome' | 'tombstone'; kind?: string; isAcked: boolean; expires: number };
type Model = { known: Map<string, Known>; now: number };
type Real = { folder: string; journal: Journal; now: () => number };

class Step implements fc.Command<Model, Real> {
  readonly #text: string;
  readonly #play: (model: Model, real: Real) => void;
  constructor(text: string, play: (model: Model, real: Real) => void) {
    this.#text = text;
    this.#play = play;
  }
  check = () => true;
  run(model: Model, real: Real): void {
    this.#play(model, real);
    agrees(model, real);
  }
  toString = () => this.#text;
}

function agrees({ known }: Model, { journal }: Real): void {
  for (const id of IDS) {
    const entry = journal.find(id);
    expect(entry?.state).toBe(known.get(id)?.state);
    if (entry?.state !== 'intent') expect(entry?.outcome.kind).toBe(known.get(id)?.kind);
  }
  const ids = (want: (one: Known) => boolean) => IDS.filter((id) => want(known.get(id) ?? nobody)).sort();
  const told = (entries: readonly { requestId: string }[]) => entries.map((one) => one.requestId).sort();
  expect(told(journal.unsettled())).toEqual(ids(({ state }) => state === 'intent'));
  expect(told(journal.unacknowledged(0, 100))).toEqual(
    ids(({ state, isAcked, expires }) => state !== 'intent' && !isAcked && expires > 0),
  );
}

const nobody: Known = { state: 'outcome', isAcked: true, expires: 0 };
const arrived = (requestId: string, expires: number) => ({
  requestId,
  digest: 'aa',
  isSealed: true,
  expires,
});

const id = fc.constantFrom(...IDS);
const steps = [
  id.map(
    (requestId) =>
      new Step(`intend ${requestId}`, ({ known, now }, { journal }) => {
        const target = { forest: 'S-1', objectGuid: 'guid', before: { controller: 'dc1' }, intendedAt: now };
        const intend = () =>
          journal.intend({ ...arrived(requestId, now), ...target, operation: 'reset', flags: 0 });
        if (known.has(requestId)) expect(intend).toThrow();
        else {
          intend();
          known.set(requestId, { state: 'intent', isAcked: false, expires: now });
        }
      }),
  ),
  fc.tuple(id, fc.constantFrom('applied', 'notFound', 'unknown')).map(
    ([requestId, kind]) =>
      new Step(`settle ${requestId} ${kind}`, ({ known, now }, { journal }) => {
        journal.settle(arrived(requestId, now), { outcome: { kind: kind as 'applied' }, event: 31_002 });
        const before = known.get(requestId);
        if (before !== undefined && before.state !== 'intent') return;
        known.set(requestId, { state: 'outcome', kind, isAcked: false, expires: before?.expires ?? now });
      }),
  ),
  id.map(
    (requestId) =>
      new Step(`entomb ${requestId}`, ({ known, now }, { journal }) => {
        journal.entomb(requestId, now);
        if (known.has(requestId)) return;
        known.set(requestId, { state: 'tombstone', kind: 'notStarted', isAcked: false, expires: now });
      }),
  ),
  id.map(
    (requestId) =>
      new Step(`acknowledge ${requestId}`, ({ known }, { journal }) => {
        journal.acknowledge(requestId);
        journal.unacknowledged(0, 1);
        const before = known.get(requestId);
        if (before !== undefined && before.state !== 'intent') before.isAcked = true;
      }),
  ),
  fc.integer({ min: 0, max: 8 }).map(
    (days) =>
      new Step(`prune after ${days} days`, (model, { journal }) => {
        model.now += days * DAY;
        const isOver = ({ state, isAcked, expires }: Known) =>
          state !== 'intent' && model.now - expires > (isAcked ? DAY : 7 * DAY);
        const over = [...model.known].filter(([, one]) => isOver(one));
        expect(journal.prune(model.now)).toBe(over.length);
        for (const [requestId] of over) model.known.delete(requestId);
      }),
  ),
  fc.constant(
    new Step('restart', (_, real) => {
      real.journal.close();
      real.journal = openJournal(real.folder, real.now);
    }),
  ),
];

test('whatever comes in whatever order, an entry only goes from intent to its end, and stays until it may go', () => {
  fc.assert(
    fc.property(fc.commands(steps, { maxCommands: 40 }), (commands) => {
      const folder = mkdtempSync(join(tmpdir(), 'homeward-journal-'));
      const model: Model = { known: new Map(), now: START };
      const now = () => model.now;
      const real: Real = { folder, now, journal: openJournal(folder, now) };
      try {
        fc.modelRun(() => ({ model, real }), commands);
      } finally {
        real.journal.close();
        rmSync(folder, { recursive: true });
      }
    }),
    { numRuns: 60 },
  );
});
