import { newId } from '@homeward/protocol/id';
import { expect, test } from 'vitest';
import type { PeopleStore } from './people-store.ts';
import type { DirectoryPerson } from './person.ts';

export const CARLA: DirectoryPerson = {
  forest: 'S-1-5-21-1-2-3',
  externalId: 'Y2FybGE=',
  userName: 'carla.diaz@corp.example.com',
  displayName: 'Carla Díaz',
  givenName: 'Carla',
  familyName: 'Díaz',
  mail: 'carla@example.com',
  active: true,
  samAccountName: 'cdiaz',
  netbiosName: 'CORP',
  domain: 'corp.example.com',
  objectGuid: '6f9619ff-8b86-d011-b42d-00c04fc964ff',
};

/** What every store of people does, whatever is below it. */
export function peopleStoreContract(open: () => Promise<AsyncDisposable & { people: PeopleStore }>): void {
  const tenant = newId();

  test('a person is made once per forest and anchor, and updated after that', async () => {
    await using store = await open();
    const made = await store.people.provision(tenant, CARLA, 10);
    expect(made.result).toBe('created');
    const again = await store.people.provision(tenant, CARLA, 20);
    expect(again).toEqual({ id: made.id, result: 'unchanged' });
    const renamed = await store.people.provision(
      tenant,
      { ...CARLA, userName: 'carla@corp.example.com' },
      30,
    );
    expect(renamed).toEqual({ id: made.id, result: 'updated' });
    expect(await store.people.byId(tenant, made.id)).toMatchObject({
      userName: 'carla@corp.example.com',
      active: true,
      createdAt: 10,
      updatedAt: 30,
    });
    const elsewhere = await store.people.provision(tenant, { ...CARLA, forest: 'S-1-5-21-9-9-9' }, 40);
    expect(elsewhere.id).not.toBe(made.id);
  });

  test.each([
    'carla.diaz@corp.example.com',
    'CARLA.DIAZ@CORP.EXAMPLE.COM',
    ' carla@example.com ',
    'CORP\\cdiaz',
    'corp\\CDIAZ',
    'cdiaz@corp.example.com',
    'corp.example.com\\cdiaz',
    'cdiaz',
  ])('is found by %j', async (typed) => {
    await using store = await open();
    const { id } = await store.people.provision(tenant, CARLA, 0);
    expect((await store.people.byTypedName(tenant, typed))?.id).toBe(id);
  });

  test.each(['', 'carla', 'cdiaz@', 'CORP\\', "' or 1=1 --", '%', 'carla.diaz@corp.example.co_'])(
    'is not found by %j',
    async (typed) => {
      await using store = await open();
      await store.people.provision(tenant, CARLA, 0);
      expect(await store.people.byTypedName(tenant, typed)).toBeUndefined();
    },
  );

  test('a name that two people share finds neither, and finds one again when the other is renamed', async () => {
    await using store = await open();
    const other = { ...CARLA, externalId: 'b3RoZXI=', userName: 'cd@corp.example.com', samAccountName: 'cd' };
    const { id } = await store.people.provision(tenant, CARLA, 0);
    await store.people.provision(tenant, other, 0);
    expect(await store.people.byTypedName(tenant, 'carla@example.com')).toBeUndefined();
    expect((await store.people.byTypedName(tenant, 'cdiaz'))?.id).toBe(id);
    await store.people.provision(tenant, { ...other, mail: null }, 0);
    expect((await store.people.byTypedName(tenant, 'carla@example.com'))?.id).toBe(id);
  });

  test('another tenant finds nobody', async () => {
    await using store = await open();
    const { id } = await store.people.provision(tenant, CARLA, 0);
    const stranger = newId();
    expect(await store.people.byTypedName(stranger, 'cdiaz')).toBeUndefined();
    expect(await store.people.byId(stranger, id)).toBeUndefined();
    expect(await store.people.remove(stranger, id, [CARLA.forest], 3)).toBe(false);
  });

  test('replacing and removing reach the own forest only, and never move an anchor', async () => {
    await using store = await open();
    const { id } = await store.people.provision(tenant, CARLA, 0);
    const { people } = store;
    expect(await people.replace(tenant, id, { ...CARLA, forest: 'S-1-5-21-9-9-9' }, 1)).toEqual({
      result: 'notFound',
    });
    expect(await people.replace(tenant, id, { ...CARLA, externalId: 'bmV3' }, 1)).toEqual({
      result: 'anchorChanged',
    });
    expect(await people.replace(tenant, newId(), CARLA, 1)).toEqual({ result: 'notFound' });
    expect(await people.replace(tenant, id, { ...CARLA, active: false }, 1)).toEqual({ result: 'updated' });
    expect(await people.replace(tenant, id, { ...CARLA, active: false }, 2)).toEqual({ result: 'unchanged' });
    expect(await people.remove(tenant, id, ['S-1-5-21-9-9-9'], 3)).toBe(false);
    expect(await people.remove(tenant, id, [CARLA.forest], 3)).toBe(true);
    expect(await people.byTypedName(tenant, 'cdiaz')).toBeUndefined();
    expect(await people.remove(tenant, id, [CARLA.forest], 3)).toBe(false);
  });

  test('who moves to another forest of the same agent stays the same person', async () => {
    await using store = await open();
    const { people } = store;
    const both = [CARLA.forest, 'S-1-5-21-9-9-9'];
    const { id } = await people.provision(tenant, CARLA, 0, both);
    const moved = { ...CARLA, forest: 'S-1-5-21-9-9-9' };
    expect(await people.replace(tenant, id, moved, 1)).toEqual({ result: 'notFound' });
    expect(await people.replace(tenant, id, moved, 1, both)).toEqual({ result: 'updated' });
    expect(await people.provision(tenant, CARLA, 2, both)).toEqual({ id, result: 'updated' });
  });

  test('an address that becomes another one is known as changed, and the former one is told', async () => {
    await using store = await open();
    const { people } = store;
    const { id } = await people.provision(tenant, CARLA, 10);
    const changedAt = async () => (await people.byId(tenant, id))?.mailChangedAt;
    expect(await people.replace(tenant, id, { ...CARLA, mail: 'Carla@Example.com' }, 20)).toEqual({
      result: 'updated',
    });
    expect(await changedAt()).toBeNull();
    const other = { ...CARLA, mail: 'c.diaz@example.com' };
    expect(await people.provision(tenant, other, 30)).toEqual({
      ...{ id, result: 'updated' },
      mailChange: { former: 'Carla@Example.com' },
    });
    expect(await changedAt()).toBe(30);
    expect(await people.replace(tenant, id, { ...other, active: false }, 40)).toEqual({ result: 'updated' });
    expect(await changedAt()).toBe(30);
    expect(await people.replace(tenant, id, { ...CARLA, mail: null }, 50)).toMatchObject({
      mailChange: { former: 'c.diaz@example.com' },
    });
    expect(await people.replace(tenant, id, CARLA, 60)).toMatchObject({ mailChange: { former: null } });
  });

  test('people are listed by id, page by page, of the given forests and tenant only', async () => {
    await using store = await open();
    const { people } = store;
    const ids: string[] = [];
    for (const externalId of ['YQ==', 'Yg==', 'Yw=='])
      ids.push((await people.provision(tenant, { ...CARLA, externalId }, 0)).id);
    await people.provision(tenant, { ...CARLA, forest: 'S-1-5-21-9-9-9' }, 0);
    await people.provision(newId(), CARLA, 0);
    ids.sort();
    const forests = [CARLA.forest];
    const first = await people.list(tenant, { forests, limit: 2 });
    expect(first.total).toBe(3);
    expect(first.rows.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    const next = await people.list(tenant, { forests, limit: 2, after: ids[1] ?? '' });
    expect(next.rows.map(({ id }) => id)).toEqual(ids.slice(2));
    const skipped = await people.list(tenant, { forests, limit: 2, skip: 1 });
    expect(skipped.rows.map(({ id }) => id)).toEqual(ids.slice(1));
    const one = await people.list(tenant, { forests, limit: 2, externalId: 'Yg==' });
    expect(one).toMatchObject({ total: 1, rows: [{ externalId: 'Yg==', active: true }] });
  });
}
