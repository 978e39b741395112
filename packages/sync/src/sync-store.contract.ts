import { expect, test } from 'vitest';
import type { CloudObject, DirectoryObject, MetaverseObject } from './connector-object.ts';
import type { SyncStore } from './sync-store.ts';

/** What every `SyncStore` does. `open` gives an empty one. */
export function syncStoreContract(open: () => SyncStore): void {
  test('gives a directory object back as it was put in, by id, GUID and match key', () => {
    const store = open();
    const added = store.addDirectoryObject(directoryObject({ objectGuid: guid(1) }));
    expect(store.directoryObject(added.id)).toEqual(added);
    expect(store.directoryObjectByGuid(FOREST, guid(1))).toEqual(added);
    expect(store.directoryObjectByGuid('S-1-5-21-9-9-9', guid(1))).toBeUndefined();
    expect(store.directoryObjectsByMatchKey('user/a')).toEqual([added]);
    expect(added).toEqual({ ...directoryObject({ objectGuid: guid(1) }), id: added.id });
  });

  test('never gives an id twice', () => {
    const store = open();
    const first = store.addDirectoryObject(directoryObject({ objectGuid: guid(1) }));
    store.removeDirectoryObject(first.id);
    expect(store.directoryObject(first.id)).toBeUndefined();
    const second = store.addDirectoryObject(directoryObject({ objectGuid: guid(1) }));
    expect(second.id).toBeGreaterThan(first.id);
  });

  test('refuses a second object with the same GUID in one forest, not in another', () => {
    const store = open();
    store.addDirectoryObject(directoryObject({ objectGuid: guid(1) }));
    expect(() => store.addDirectoryObject(directoryObject({ objectGuid: guid(1) }))).toThrow();
    store.addDirectoryObject(directoryObject({ objectGuid: guid(1), forest: 'S-1-5-21-9-9-9' }));
  });

  test('saves everything of a directory object but its link, which has its own call', () => {
    const store = open();
    const metaverse = store.addMetaverseObject(metaverseObject());
    const added = store.addDirectoryObject(directoryObject({ objectGuid: guid(1) }));
    const link = { metaverseObject: metaverse.id, rules: ['In from AD – User Join'] };
    store.setLink(added.id, link);
    const changed: DirectoryObject = {
      ...added,
      dn: 'CN=Bo,DC=corp,DC=example,DC=com',
      attributes: { mail: ['bo@example.com', 'b@example.com'] },
      matchKey: 'user/b',
      sourceAnchor: 'AAECAwQFBgcICQoLDA0ODw==',
    };
    store.saveDirectoryObject(changed);
    expect(store.directoryObject(added.id)).toEqual({ ...changed, link });
    expect(store.directoryObjectsOf(metaverse.id)).toEqual([{ ...changed, link }]);
    expect(store.directoryObjectsByMatchKey('user/a')).toEqual([]);
    store.setLink(added.id, undefined);
    expect(store.directoryObject(added.id)).toEqual({ ...changed, link: undefined });
  });

  test('finds directory objects by a name that an administrator may know', () => {
    const store = open();
    const a = store.addDirectoryObject(directoryObject({ objectGuid: guid(1) }));
    const b = store.addDirectoryObject(
      directoryObject({
        objectGuid: guid(2),
        dn: 'CN=B_%!,DC=example,DC=com',
        attributes: { displayName: ['Åsa "50%" \\ Ö', 'x'], mail: ['b_b@example.com'] },
      }),
    );
    const found = (text: string) => store.findDirectoryObjects(text).map(({ id }) => id);
    expect(found('ANNA@example.com')).toEqual([a.id]);
    expect(found(guid(2).toUpperCase())).toEqual([b.id]);
    expect(found('cn=b_%!,dc=example,dc=com')).toEqual([b.id]);
    expect(found('cn=bxy!,dc=example,dc=com')).toEqual([]);
    expect(found('åsa "50%" \\ ö')).toEqual([b.id]);
    expect(found('bxb@example.com')).toEqual([]);
    expect(found('anna')).toEqual([]);
    expect(found('%')).toEqual([]);
  });

  test('pages through directory objects in the order of their ids', () => {
    const store = open();
    const all = [3, 1, 2].map((n) => store.addDirectoryObject(directoryObject({ objectGuid: guid(n) })));
    expect(store.directoryObjectsAfter(0, 2)).toEqual(all.slice(0, 2));
    expect(store.directoryObjectsAfter(all[1]?.id ?? 0, 2)).toEqual(all.slice(2));
  });

  test('finds those that leave: no match key, and linked or obsolete', () => {
    const store = open();
    const metaverse = store.addMetaverseObject(metaverseObject());
    store.addDirectoryObject(directoryObject({ objectGuid: guid(1), matchKey: undefined }));
    const linked = store.addDirectoryObject(directoryObject({ objectGuid: guid(2), matchKey: undefined }));
    store.setLink(linked.id, { metaverseObject: metaverse.id, rules: [] });
    const obsolete = store.addDirectoryObject(
      directoryObject({ objectGuid: guid(3), matchKey: undefined, obsolete: true }),
    );
    store.addDirectoryObject(directoryObject({ objectGuid: guid(4) }));
    expect(store.leavingDirectoryObjects(9).map(({ id }) => id)).toEqual([linked.id, obsolete.id]);
    expect(store.leavingDirectoryObjects(1)).toHaveLength(1);
    expect(store.countDirectoryObjects(FOREST)).toBe(3);
  });

  test('sweeps a forest: what was not seen since the sweep began, and is not obsolete', () => {
    const store = open();
    const [a, b] = [1, 2, 3].map(
      (n) => store.addDirectoryObject(directoryObject({ objectGuid: guid(n), obsolete: n === 3 })).id,
    );
    store.addDirectoryObject(directoryObject({ objectGuid: guid(4), forest: 'S-1-5-21-9-9-9' }));
    store.beginSweep(FOREST);
    store.markSeen(FOREST, a ?? 0);
    store.markSeen(FOREST, a ?? 0);
    expect(store.unseenDirectoryObjects(FOREST)).toEqual([b]);
    store.beginSweep(FOREST);
    expect(store.unseenDirectoryObjects(FOREST)).toEqual([a, b]);
  });

  test('finds another object with the same match key', () => {
    const store = open();
    const [a, b] = [1, 2].map((n) => store.addDirectoryObject(directoryObject({ objectGuid: guid(n) })));
    store.addDirectoryObject(directoryObject({ objectGuid: guid(3), matchKey: 'user/b' }));
    expect(store.anotherWithMatchKey('user/a', a?.id ?? 0)).toEqual(b);
    expect(store.anotherWithMatchKey('user/a', b?.id ?? 0)).toEqual(a);
    expect(store.anotherWithMatchKey('user/c', 0)).toBeUndefined();
  });

  test('queues an object once, and gives the queue in the order of ids', () => {
    const store = open();
    for (const id of [7, 3, 7]) store.queue({ id, objectType: 'user' });
    store.queue({ id: 5, objectType: 'group' });
    expect(store.countQueued()).toBe(3);
    expect(store.queued('user', 9)).toEqual([3, 7]);
    expect(store.queued('user', 1)).toEqual([3]);
    expect(store.queued('group', 9)).toEqual([5]);
    expect([store.isQueued(3), store.isQueued(5), store.isQueued(4)]).toEqual([true, true, false]);
    store.unqueue('group', 3);
    store.unqueue('user', 3);
    expect(store.queued('user', 9)).toEqual([7]);
  });

  test('gives the DNs of a forest, without those of obsolete objects', () => {
    const store = open();
    const a = store.addDirectoryObject(directoryObject({ objectGuid: guid(1), dn: 'CN=a' }));
    store.addDirectoryObject(directoryObject({ objectGuid: guid(2), dn: 'CN=b', obsolete: true }));
    store.addDirectoryObject(directoryObject({ objectGuid: guid(3), forest: 'S-1-5-21-9-9-9' }));
    expect([...store.directoryDns(FOREST)].map(({ id, dn }) => [id, dn])).toEqual([[a.id, 'CN=a']]);
  });

  test('keeps the DNs of containers by forest and GUID', () => {
    const store = open();
    store.setContainerDn(FOREST, guid(1), 'OU=a');
    store.setContainerDn(FOREST, guid(1), 'OU=b');
    store.setContainerDn('S-1-5-21-9-9-9', guid(1), 'OU=c');
    expect(store.containerDn(FOREST, guid(1))).toBe('OU=b');
    expect(store.containerDns(FOREST)).toEqual([{ objectGuid: guid(1), dn: 'OU=b' }]);
    store.setContainerDn(FOREST, guid(1), undefined);
    expect(store.containerDn(FOREST, guid(1))).toBeUndefined();
  });

  test('keeps the members of groups by GUID, and forgets them with the group', () => {
    const store = open();
    const add = (n: number, forest = FOREST) =>
      store.addDirectoryObject(directoryObject({ objectGuid: guid(n), objectType: 'group', forest })).id;
    const [a, b, elsewhere] = [add(1), add(2), add(3, 'S-1-5-21-9-9-9')];
    store.setMembers(a, [guid(8), guid(7)]);
    store.setMembers(b, [guid(7)]);
    store.setMembers(elsewhere, [guid(7)]);
    expect(store.members(a)).toEqual([guid(7), guid(8)]);
    expect(store.groupsWith(FOREST, guid(7))).toEqual([a, b]);
    store.setMembers(a, [guid(9)]);
    expect(store.members(a)).toEqual([guid(9)]);
    store.removeDirectoryObject(b);
    expect(store.groupsWith(FOREST, guid(7))).toEqual([]);
    expect(store.groupsWith(FOREST, guid(9))).toEqual([a]);
  });

  test('names the members of a group that are in the cloud, and stay there, by cloudAnchor', () => {
    const store = open();
    const group = store.addDirectoryObject(directoryObject({ objectGuid: guid(50), objectType: 'group' }));
    const add = (n: number, some: Partial<CloudObject>, forest = FOREST) => {
      const { id } = store.addDirectoryObject(directoryObject({ objectGuid: guid(n), forest }));
      const object = store.addMetaverseObject(metaverseObject());
      const link = { metaverseObject: object.id, rules: [] };
      store.setLink(id, link);
      store.addCloudObject({ ...cloudObject(), sourceAnchor: `anchor ${n} ${forest}`, link, ...some });
    };
    add(1, { cloudAnchor: guid(102) });
    add(2, { cloudAnchor: guid(101) });
    add(3, {});
    add(4, { cloudAnchor: guid(104), desired: undefined });
    add(5, { cloudAnchor: guid(105) });
    add(1, { cloudAnchor: guid(106) }, 'S-1-5-21-9-9-9');
    store.setMembers(group.id, [1, 2, 3, 4, 99].map(guid));
    expect(store.cloudAnchorsOfMembers(group.id)).toEqual([guid(101), guid(102)]);
  });

  test('gives a metaverse object back as it was put in, by id and sourceAnchor', () => {
    const store = open();
    const added = store.addMetaverseObject(metaverseObject());
    expect(added).toEqual({ ...metaverseObject(), id: added.id });
    expect(store.metaverseObject(added.id)).toEqual(added);
    const changed: MetaverseObject = {
      ...added,
      sourceAnchor: 'AAECAwQFBgcICQoLDA0ODw==',
      provisioned: true,
      refusals: ['ambiguousMatch', 'duplicateSourceAnchor'],
      attributes: {},
    };
    store.saveMetaverseObject(changed);
    const twin = store.addMetaverseObject({ ...changed });
    expect(store.metaverseObjectsBySourceAnchor(changed.sourceAnchor)).toEqual([changed, twin]);
    expect(store.metaverseObjectsAfter(added.id, 9)).toEqual([twin]);
    expect(store.refusedMetaverseObjects(9)).toEqual([changed, twin]);
    expect(store.refusedMetaverseObjects(1)).toEqual([changed]);
    store.saveMetaverseObject({ ...twin, refusals: [] });
    expect(store.refusedMetaverseObjects(9)).toEqual([changed]);
    store.removeMetaverseObject(added.id);
    expect(store.metaverseObject(added.id)).toBeUndefined();
  });

  test('gives a cloud object back as it was put in, by each of its names', () => {
    const store = open();
    const metaverse = store.addMetaverseObject(metaverseObject());
    const fresh = store.addCloudObject(cloudObject());
    expect(store.cloudObject(fresh.id)).toEqual({ ...cloudObject(), id: fresh.id });
    expect(store.countCloudObjects()).toBe(1);
    expect(store.countCloudObjects(0)).toBe(0);
    const changed: CloudObject = {
      ...fresh,
      cloudAnchor: guid(7),
      link: { metaverseObject: metaverse.id, rules: ['Out to cloud – User Join'] },
      confirmed: { userName: ['a@example.com'] },
      unanswered: { attributes: undefined },
      error: { status: '409', detail: 'taken', at: 5, attempts: 2 },
    };
    store.saveCloudObject(changed);
    expect(store.cloudObjectByCloudAnchor(guid(7))).toEqual(changed);
    expect(store.cloudObjectBySourceAnchor(fresh.sourceAnchor)).toEqual(changed);
    expect(store.cloudObjectOf(metaverse.id)).toEqual(changed);
    store.saveCloudObject({ ...changed, unanswered: { attributes: { userName: ['b@example.com'] } } });
    expect(store.cloudObject(fresh.id)?.unanswered).toEqual({ attributes: { userName: ['b@example.com'] } });
    store.removeCloudObject(fresh.id);
    expect(store.cloudObjectByCloudAnchor(guid(7))).toBeUndefined();
  });

  test('finds pending exports by what differs, by what was refused, and by what was never answered', () => {
    const store = open();
    const add = (n: number, some: Partial<CloudObject>) =>
      store.addCloudObject({ ...cloudObject(), sourceAnchor: `anchor ${n}`, ...some }).id;
    const held = { userName: ['a@example.com'] };
    const create = add(1, {});
    add(2, { confirmed: held });
    const update = add(3, { confirmed: { userName: ['old@example.com'] } });
    const unanswered = add(4, { confirmed: held, unanswered: { attributes: held } });
    const refused = add(5, {
      confirmed: held,
      error: { status: '409', detail: 'taken', at: 5, attempts: 1 },
    });
    const leaving = add(6, { desired: undefined, confirmed: held });
    const perhapsThere = add(7, { desired: undefined, unanswered: { attributes: held } });
    const ids = (kind: 'provision' | 'delete', after = 0, limit = 9) =>
      store.pendingExports(kind, 'user', after, limit).map(({ id }) => id);
    expect(ids('provision')).toEqual([create, update, unanswered, refused]);
    expect(ids('provision', create, 2)).toEqual([update, unanswered]);
    expect(ids('delete')).toEqual([leaving, perhapsThere]);
    expect(store.pendingExports('provision', 'group', 0, 9)).toEqual([]);
    const [first = 0, ...rest] = store.cloudObjectsAfter(0, 99).map(({ id }) => id);
    expect(store.cloudObjectsAfter(first, 1).map(({ id }) => id)).toEqual(rest.slice(0, 1));
    expect(store.cloudObjectsAfter(rest.at(-1) ?? 0, 99)).toEqual([]);
    expect(store.countPendingExports('provision')).toBe(4);
    expect(store.countPendingExports('delete')).toBe(2);
  });

  test('keeps facts by name', () => {
    const store = open();
    store.setFact('held/cloud', '1');
    store.setFact('held/cloud', '2');
    expect(store.fact('held/cloud')).toBe('2');
    store.setFact('held/cloud', undefined);
    expect(store.fact('held/cloud')).toBeUndefined();
  });

  test('takes back a whole transaction that throws, and what is inside another one with it', () => {
    const store = open();
    const kept = store.transaction(() => store.addDirectoryObject(directoryObject({ objectGuid: guid(1) })));
    expect(() =>
      store.transaction(() => {
        store.transaction(() => store.queue(kept));
        store.setFact('a', '1');
        store.addMetaverseObject(metaverseObject());
        store.addCloudObject(cloudObject());
        store.setLink(kept.id, { metaverseObject: 1, rules: [] });
        throw new Error('broken off');
      }),
    ).toThrow('broken off');
    expect(store.directoryObject(kept.id)).toEqual(kept);
    expect(store.countQueued()).toBe(0);
    expect(store.fact('a')).toBeUndefined();
    expect(store.metaverseObjectsAfter(0, 9)).toEqual([]);
    expect(store.countCloudObjects()).toBe(0);
    store.transaction(() => store.setFact('a', '2'));
    expect(store.fact('a')).toBe('2');
  });
}

const FOREST = 'S-1-5-21-1-2-3';

function guid(n: number): string {
  return `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
}

function directoryObject(some: Partial<DirectoryObject>): Omit<DirectoryObject, 'id'> {
  return {
    objectType: 'user',
    objectGuid: guid(0),
    dn: 'CN=Anna Öst,OU=Sales\\, North,DC=corp,DC=example,DC=com',
    attributes: { mail: ['anna@example.com'], displayName: ['Anna Öst 😀'] },
    forest: FOREST,
    matchKey: 'user/a',
    obsolete: false,
    sourceAnchor: undefined,
    link: undefined,
    ...some,
  };
}

function metaverseObject(): Omit<MetaverseObject, 'id'> {
  return {
    objectType: 'user',
    attributes: { displayName: ['Anna Öst'] },
    sourceAnchor: 'DwAAAAAAAAAAAAAAAAAAAA==',
    anchorOwner: 1,
    provisioned: false,
    refusals: [],
  };
}

function cloudObject(): Omit<CloudObject, 'id'> {
  return {
    objectType: 'user',
    sourceAnchor: 'DwAAAAAAAAAAAAAAAAAAAA==',
    cloudAnchor: undefined,
    link: undefined,
    desired: { userName: ['a@example.com'] },
    confirmed: undefined,
    unanswered: undefined,
    error: undefined,
  };
}
