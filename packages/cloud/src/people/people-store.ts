import { type Id, newId } from '@homeward/protocol/id';
import type { Database } from '../store/database.ts';
import { foldName, namesOf } from './names.ts';
import type { DirectoryPerson, Person } from './person.ts';

export type PersonTable = Omit<Person, 'active'> & { active: number };
export type PersonNameTable = { tenantId: string; name: string; personId: string };

export type PeopleStore = {
  /** Makes the person, or updates the one with this forest and externalId. */
  provision(
    tenantId: Id,
    person: DirectoryPerson,
    now: number,
  ): Promise<{ id: Id; result: 'created' | 'updated' | 'unchanged' }>;
  /** Only within the given forest; `anchorChanged` when the externalId differs, which would be another person. */
  replace(
    tenantId: Id,
    id: Id,
    person: DirectoryPerson,
    now: number,
  ): Promise<'updated' | 'unchanged' | 'notFound' | 'anchorChanged'>;
  /** Only within the given forest. */
  remove(tenantId: Id, id: Id, forest: string): Promise<boolean>;
  byId(tenantId: Id, id: Id): Promise<Person | undefined>;
  /** By what people type; undefined when nobody or more than one is called that. */
  byTypedName(tenantId: Id, typed: string): Promise<Person | undefined>;
};

export function peopleStore(database: Database): PeopleStore {
  const find = (tenantId: Id) => database.selectFrom('person').selectAll().where('tenantId', '=', tenantId);

  const write = async (known: PersonTable, person: DirectoryPerson, now: number) => {
    if (sameAs(fromRow(known), person)) return 'unchanged';
    await database
      .updateTable('person')
      .set({ ...person, active: person.active ? 1 : 0, updatedAt: now })
      .where('id', '=', known.id)
      .execute();
    await writeNames(known.tenantId, known.id, person);
    return 'updated';
  };

  const writeNames = async (tenantId: Id, personId: Id, person: DirectoryPerson) => {
    await database.deleteFrom('personName').where('personId', '=', personId).execute();
    await database
      .insertInto('personName')
      .values(namesOf(person).map((name) => ({ tenantId, name, personId })))
      .execute();
  };

  return {
    async provision(tenantId, person, now) {
      const known = await find(tenantId)
        .where('forest', '=', person.forest)
        .where('externalId', '=', person.externalId)
        .executeTakeFirst();
      if (known) return { id: known.id, result: await write(known, person, now) };
      const id = newId();
      await database
        .insertInto('person')
        .values({
          ...person,
          id,
          tenantId,
          active: person.active ? 1 : 0,
          createdAt: now,
          updatedAt: now,
        })
        .execute();
      await writeNames(tenantId, id, person);
      return { id, result: 'created' };
    },
    async replace(tenantId, id, person, now) {
      const known = await find(tenantId)
        .where('id', '=', id)
        .where('forest', '=', person.forest)
        .executeTakeFirst();
      if (!known) return 'notFound';
      if (known.externalId !== person.externalId) return 'anchorChanged';
      return write(known, person, now);
    },
    async remove(tenantId, id, forest) {
      const { numDeletedRows } = await database
        .deleteFrom('person')
        .where('tenantId', '=', tenantId)
        .where('id', '=', id)
        .where('forest', '=', forest)
        .executeTakeFirst();
      return numDeletedRows > 0n;
    },
    async byId(tenantId, id) {
      const row = await find(tenantId).where('id', '=', id).executeTakeFirst();
      return row && fromRow(row);
    },
    async byTypedName(tenantId, typed) {
      const rows = await database
        .selectFrom('personName')
        .innerJoin('person', 'person.id', 'personName.personId')
        .selectAll('person')
        .where('personName.tenantId', '=', tenantId)
        .where('personName.name', '=', foldName(typed))
        .limit(2)
        .execute();
      const [only, another] = rows;
      return only && !another ? fromRow(only) : undefined;
    },
  };
}

function fromRow(row: PersonTable): Person {
  return { ...row, active: row.active === 1 };
}

function sameAs(known: Person, person: DirectoryPerson): boolean {
  return (Object.keys(person) as (keyof DirectoryPerson)[]).every((field) => known[field] === person[field]);
}
