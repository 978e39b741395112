import fc from 'fast-check';
import { expect, test } from 'vitest';
import { confirmDeletions } from './delete-protection.ts';
import {
  CORP,
  cloudAnchorFor,
  emptyStore,
  exportAll,
  group,
  guid,
  person,
  twoForests,
} from './forest.fixture.ts';
import { importDeletions, importObjects } from './import-objects.ts';
import { anchorOfGuid } from './source-anchor.ts';
import type { SyncStore } from './sync-store.ts';
import { queueEverybody, synchronise } from './synchronise.ts';

const configuration = twoForests({ by: 'identity' }, true);
const anchorOf = (n: number) => cloudAnchorFor(anchorOfGuid(guid(n)));

/** As cycles do: groups follow their members into the cloud. */
function settle(store: SyncStore) {
  const sent = [];
  for (let round = 0; round < 4; round++) {
    synchronise(store, configuration);
    confirmDeletions(store, 'cloud');
    sent.push(...exportAll(store));
  }
  return sent;
}

function membersInCloud(store: SyncStore, n: number): readonly string[] | undefined {
  const held = store.cloudObjectBySourceAnchor(anchorOfGuid(guid(n)));
  return held?.confirmed && (held.confirmed['members'] ?? []);
}

test('a group comes to the cloud with the members that are there, by cloudAnchor', () => {
  const store = emptyStore();
  importObjects(store, configuration, CORP, [
    group(10, [2, 1, 3, 99]),
    person(1),
    person(2),
    person(3, { isCriticalSystemObject: ['TRUE'] }),
  ]);
  settle(store);
  expect(membersInCloud(store, 10)).toEqual([anchorOf(1), anchorOf(2)]);
  expect(store.cloudObjectBySourceAnchor(anchorOfGuid(guid(10)))?.confirmed).toMatchObject({
    displayName: ['group10'],
    samAccountName: ['group10'],
    forest: [CORP],
  });
  expect(settle(store)).toEqual([]);
});

test('groups in groups keep their nesting, also in a circle', () => {
  const store = emptyStore();
  importObjects(store, configuration, CORP, [
    group(10, [11, 1]),
    group(11, [10, 12]),
    group(12, []),
    person(1),
  ]);
  settle(store);
  expect(membersInCloud(store, 10)).toEqual([anchorOf(1), anchorOf(11)]);
  expect(membersInCloud(store, 11)).toEqual([anchorOf(10), anchorOf(12)]);
  expect(membersInCloud(store, 12)).toEqual([]);
});

test('follows members who join, leave, are deleted and return; people who only change cost nothing', () => {
  const store = emptyStore();
  importObjects(store, configuration, CORP, [group(10, [1]), person(1), person(2), person(3)]);
  settle(store);
  importObjects(store, configuration, CORP, [person(1, { displayName: ['Renamed'] })]);
  synchronise(store, configuration);
  expect(store.countQueued()).toBe(0);
  expect(exportAll(store)).toMatchObject([{ objectType: 'user' }]);

  importObjects(store, configuration, CORP, [group(10, [1, 2])]);
  expect(settle(store)).toMatchObject([{ kind: 'update', objectType: 'group' }]);
  expect(membersInCloud(store, 10)).toEqual([anchorOf(1), anchorOf(2)]);

  importDeletions(store, CORP, [guid(2)]);
  settle(store);
  expect(membersInCloud(store, 10)).toEqual([anchorOf(1)]);

  importObjects(store, configuration, CORP, [person(2)]);
  settle(store);
  expect(membersInCloud(store, 10)).toEqual([anchorOf(1), anchorOf(2)]);
});

test('leaves the system’s own groups out, and people alone where groups are not wanted', () => {
  const store = emptyStore();
  importObjects(store, configuration, CORP, [group(10, [], { isCriticalSystemObject: ['TRUE'] })]);
  settle(store);
  expect(store.countCloudObjects()).toBe(0);
  const peopleOnly = twoForests();
  importObjects(store, peopleOnly, CORP, [group(11, [])]);
  synchronise(store, peopleOnly);
  expect(store.countCloudObjects()).toBe(0);
});

type Step =
  | { do: 'person'; n: number; isCritical: boolean }
  | { do: 'group'; n: number; members: number[] }
  | { do: 'delete'; n: number }
  | { do: 'synchronise' }
  | { do: 'export' };

const n = fc.integer({ min: 1, max: 4 });
const anyone = fc.integer({ min: 1, max: 8 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('person' as const), n, isCritical: fc.boolean() }),
  fc.record({ do: fc.constant('group' as const), n: n.map((g) => g + 4), members: fc.array(anyone) }),
  fc.record({ do: fc.constant('delete' as const), n: anyone }),
  fc.constant<Step>({ do: 'synchronise' }),
  fc.constant<Step>({ do: 'export' }),
);

test('whatever happened, every group ends with just the members that are in the cloud', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const store = emptyStore();
      const expected = new Map<number, number[]>();
      const inScope = new Set<number>();
      for (const one of steps) {
        if (one.do === 'person') {
          const attributes = one.isCritical ? { isCriticalSystemObject: ['TRUE'] } : {};
          importObjects(store, configuration, CORP, [person(one.n, attributes)]);
          if (one.isCritical) inScope.delete(one.n);
          else inScope.add(one.n);
        } else if (one.do === 'group') {
          importObjects(store, configuration, CORP, [group(one.n, one.members)]);
          expected.set(one.n, one.members);
          inScope.add(one.n);
        } else if (one.do === 'delete') {
          importDeletions(store, CORP, [guid(one.n)]);
          expected.delete(one.n);
          inScope.delete(one.n);
        } else if (one.do === 'export') exportAll(store);
        else synchronise(store, configuration);
      }
      settle(store);
      for (const [number, members] of expected) {
        const present = [...new Set(members)].filter((member) => inScope.has(member));
        expect(membersInCloud(store, number)).toEqual(present.map(anchorOf).sort());
      }
      queueEverybody(store, configuration);
      expect(settle(store)).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
