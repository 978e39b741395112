import { newId } from '@homeward/protocol/id';
import { expect, test } from 'vitest';
import type { DirectoryGroup } from './group.ts';
import type { GroupsStore } from './groups-store.ts';
import { CARLA } from './people-store.contract.ts';
import type { PeopleStore } from './people-store.ts';

const FOREST = CARLA.forest;
const OTHER = 'S-1-5-21-9-9-9';
const SALES: DirectoryGroup = {
  forest: FOREST,
  externalId: 'c2FsZXM=',
  displayName: 'Sales, EMEA',
  description: 'Department',
  samAccountName: 'Sales',
  domain: 'corp.example.com',
  objectGuid: '6f9619ff-8b86-d011-b42d-00c04fc964fe',
};

/** What every store of groups does, whatever is below it. */
export function groupsStoreContract(
  open: () => Promise<AsyncDisposable & { people: PeopleStore; groups: GroupsStore }>,
): void {
  const tenant = newId();
  const by = (now: number, forests = [FOREST]) => ({ forests, now });

  test('a group is made once per anchor, with people and groups as members, and updated after that', async () => {
    await using store = await open();
    const carla = await store.people.provision(tenant, CARLA, 0);
    const inner = await store.groups.provision(tenant, { ...SALES, externalId: 'aW5uZXI=' }, [], by(1));
    const made = await store.groups.provision(tenant, SALES, [carla.id, inner.id], by(1));
    expect(made.result).toBe('created');
    expect(await store.groups.membersOf(made.id)).toEqual([carla.id, inner.id].toSorted());
    const again = await store.groups.provision(tenant, SALES, [inner.id, carla.id, carla.id], by(2));
    expect(again).toEqual({ id: made.id, result: 'unchanged' });
    expect(await store.groups.replace(tenant, made.id, SALES, [inner.id], by(3))).toBe('updated');
    expect(await store.groups.membersOf(made.id)).toEqual([inner.id]);
    const renamed = { ...SALES, displayName: 'Sales' };
    expect(await store.groups.replace(tenant, made.id, renamed, [inner.id], by(4))).toBe('updated');
    expect(await store.groups.list(tenant, { forests: [FOREST], limit: 5, externalId: 'c2FsZXM=' })).toEqual({
      total: 1,
      rows: [{ ...renamed, id: made.id, tenantId: tenant, createdAt: 1, updatedAt: 4 }],
    });
  });

  test('nobody of another forest, another tenant, or nowhere becomes a member', async () => {
    await using store = await open();
    const foreign = await store.people.provision(tenant, { ...CARLA, forest: OTHER }, 0);
    const stranger = await store.people.provision(newId(), CARLA, 0);
    const made = await store.groups.provision(tenant, SALES, [foreign.id, stranger.id, newId()], by(0));
    expect(await store.groups.membersOf(made.id)).toEqual([]);
    await store.groups.replace(tenant, made.id, SALES, [foreign.id], by(1, [FOREST, OTHER]));
    expect(await store.groups.membersOf(made.id)).toEqual([foreign.id]);
  });

  test('a person or group that is removed is no member any more', async () => {
    await using store = await open();
    const carla = await store.people.provision(tenant, CARLA, 0);
    const inner = await store.groups.provision(tenant, { ...SALES, externalId: 'aW5uZXI=' }, [], by(0));
    const outer = await store.groups.provision(tenant, SALES, [carla.id, inner.id], by(0));
    expect(await store.people.remove(tenant, carla.id, [FOREST], 1)).toBe(true);
    expect(await store.groups.membersOf(outer.id)).toEqual([inner.id]);
    expect(await store.groups.remove(tenant, inner.id, [FOREST])).toBe(true);
    expect(await store.groups.membersOf(outer.id)).toEqual([]);
  });

  test('replacing and removing reach the given forests only, and never move an anchor', async () => {
    await using store = await open();
    const { groups } = store;
    const { id } = await groups.provision(tenant, SALES, [], by(0));
    expect(await groups.replace(tenant, id, SALES, [], by(1, [OTHER]))).toBe('notFound');
    expect(await groups.replace(newId(), id, SALES, [], by(1))).toBe('notFound');
    expect(await groups.replace(tenant, id, { ...SALES, externalId: 'bmV3' }, [], by(1))).toBe(
      'anchorChanged',
    );
    expect(await groups.remove(tenant, id, [OTHER])).toBe(false);
    expect(await groups.remove(newId(), id, [FOREST])).toBe(false);
    expect(await groups.remove(tenant, id, [FOREST])).toBe(true);
    expect(await groups.remove(tenant, id, [FOREST])).toBe(false);
  });
}
