import { expect, test } from 'vitest';
import { confirmDeletions, heldDeletions } from './delete-protection.ts';
import {
  CORP,
  cloudAnchorFor,
  emptyStore,
  exportAll,
  fullImport,
  group,
  guid,
  MERGER,
  person,
  twoForests,
} from './forest.fixture.ts';
import { beginCloudImport, ORPHANS, type ShownCloudObject } from './import-cloud.ts';
import { anchorOfGuid } from './source-anchor.ts';
import { synchronise } from './synchronise.ts';

const configuration = twoForests({ by: 'identity' }, true);

/** People 1 and 2 and a group of both, exported. */
function exported() {
  const store = emptyStore();
  fullImport(store, configuration, CORP, [person(1), person(2), group(3, [1, 2])]);
  synchronise(store, configuration);
  exportAll(store);
  synchronise(store, configuration);
  exportAll(store);
  const held = (): ShownCloudObject[] =>
    store
      .cloudObjectsAfter(0, 99)
      .flatMap(({ objectType, cloudAnchor, sourceAnchor, confirmed }) =>
        cloudAnchor === undefined || confirmed === undefined
          ? []
          : [{ objectType, cloudAnchor, sourceAnchor, attributes: { ...confirmed } }],
      );
  const confirm = (...pages: ShownCloudObject[][]) => {
    const importing = beginCloudImport(store, [CORP]);
    for (const page of pages) importing.page(page);
    return importing.finish();
  };
  return { store, held, confirm };
}

const NOTHING = { confirmed: 0, differing: 0, lost: 0, orphaned: 0, foreign: 0 };

test('what the cloud holds as exported is confirmed, and nothing is exported for it', () => {
  const { store, held, confirm } = exported();
  const [one = [], ...others] = held().map((object) => [object]);
  expect(confirm(one, ...others)).toEqual({ ...NOTHING, confirmed: 3 });
  expect(exportAll(store)).toEqual([]);
});

test('what was changed in the cloud is exported again', () => {
  const { store, held, confirm } = exported();
  const changed = held().map((object) =>
    object.sourceAnchor === anchorOfGuid(guid(1))
      ? { ...object, attributes: { ...object.attributes, displayName: ['Somebody else'] } }
      : object,
  );
  expect(confirm(changed)).toEqual({ ...NOTHING, confirmed: 2, differing: 1 });
  expect(exportAll(store)).toMatchObject([{ kind: 'update', attributes: { displayName: ['Person 1'] } }]);
});

test('who is gone from the cloud is created again, and its groups name it anew', () => {
  const { store, held, confirm } = exported();
  const lost = anchorOfGuid(guid(2));
  expect(confirm(held().filter(({ sourceAnchor }) => sourceAnchor !== lost))).toMatchObject({ lost: 1 });
  synchronise(store, configuration);
  const sent = exportAll(store, ({ sourceAnchor }) => ({
    kind: 'accepted',
    cloudAnchor: sourceAnchor === lost ? guid(77) : cloudAnchorFor(sourceAnchor),
  }));
  expect(sent).toContainEqual(expect.objectContaining({ kind: 'create', sourceAnchor: lost }));
  synchronise(store, configuration);
  expect(exportAll(store)).toMatchObject([
    { objectType: 'group', attributes: { members: expect.arrayContaining([guid(77)]) } },
  ]);
});

test('an answer that was lost is made good: the cloud tells the cloudAnchor', () => {
  const store = emptyStore();
  fullImport(store, configuration, CORP, [person(1)]);
  synchronise(store, configuration);
  const [object] = store.cloudObjectsAfter(0, 1);
  if (object?.desired === undefined) throw new Error('nothing to export');
  store.saveCloudObject({ ...object, unanswered: { attributes: object.desired } });
  const importing = beginCloudImport(store, [CORP]);
  const { objectType, sourceAnchor, desired: attributes } = object;
  importing.page([{ objectType, sourceAnchor, attributes, cloudAnchor: guid(9) }]);
  expect(importing.finish()).toEqual({ ...NOTHING, confirmed: 1 });
  expect(store.cloudObject(object.id)).toMatchObject({ cloudAnchor: guid(9), unanswered: undefined });
  expect(exportAll(store)).toEqual([]);
});

test('who is in no forest any more is held until that is confirmed; everybody else is left alone', () => {
  const { store, held, confirm } = exported();
  const shown = (n: number, forest: string, objectGuid: string): ShownCloudObject => ({
    objectType: 'user',
    cloudAnchor: guid(n),
    sourceAnchor: anchorOfGuid(guid(n)),
    attributes: { userName: ['x'], forest: [forest], objectGuid: [objectGuid] },
  });
  const inCloud = [
    ...held(),
    shown(50, CORP, guid(50)),
    shown(51, CORP, guid(1)),
    // Configured, and not read completely yet: nobody knows who is not there.
    shown(52, MERGER, guid(52)),
  ];
  expect(confirm(inCloud)).toEqual({ ...NOTHING, confirmed: 3, orphaned: 1, foreign: 2 });
  expect(exportAll(store)).toEqual([]);
  expect(heldDeletions(store, ORPHANS)).toEqual({ deletions: 1, of: 4 });
  confirmDeletions(store, ORPHANS);
  confirm(inCloud);
  expect(exportAll(store)).toMatchObject([{ kind: 'delete', cloudAnchor: guid(50) }]);
  expect(heldDeletions(store, ORPHANS)).toBeUndefined();
  expect(confirm(held())).toEqual({ ...NOTHING, confirmed: 3 });
});
