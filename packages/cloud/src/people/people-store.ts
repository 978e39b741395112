import { type Id, newId } from '@homeward/protocol/id';
import { compiledOnce } from '../store/compiled-once.ts';
import type { Database } from '../store/database.ts';
import { idPages, type Page, type PageQuery } from './id-pages.ts';
import { type MailChange, mailChange } from './mail-change.ts';
import { foldName, namesOf } from './names.ts';
import type { DirectoryPerson, Person } from './person.ts';
import { keepRemoved, takeRemoved } from './removed-people.ts';

export type PersonTable = Omit<Person, 'active'> & { active: number };
export type PersonNameTable = { tenantId: string; name: string; personId: string };

/** `mailChange` where the address of somebody who was known is another one now. */
type Written<Result> = { result: Result; mailChange?: MailChange };

export type PeopleStore = {
  /**
   * Makes the person, or updates the one with this externalId. It may be in another of the `forests` meanwhile (the
   * caller's; the person's own where absent): who has an account in several is served by the enabled one.
   */
  provision(
    tenantId: Id,
    person: DirectoryPerson,
    now: number,
    forests?: readonly string[],
  ): Promise<{ id: Id } & Written<'created' | 'updated' | 'unchanged'>>;
  /** Only within these forests; `anchorChanged` when the externalId differs, which would be another person. */
  replace(
    tenantId: Id,
    id: Id,
    person: DirectoryPerson,
    now: number,
    forests?: readonly string[],
  ): Promise<Written<'updated' | 'unchanged' | 'notFound' | 'anchorChanged'>>;
  /** Only within these forests. Their address is kept for a while, for the case that they come again. */
  remove(tenantId: Id, id: Id, forests: readonly string[], now: number): Promise<boolean>;
  list(tenantId: Id, query: PageQuery): Promise<Page<Person>>;
  byId(tenantId: Id, id: Id): Promise<Person | undefined>;
  /** By what people type; undefined when nobody or more than one is called that. */
  byTypedName(tenantId: Id, typed: string): Promise<Person | undefined>;
};

export function peopleStore(database: Database): PeopleStore {
  const find = (tenantId: Id) => database.selectFrom('person').selectAll().where('tenantId', '=', tenantId);

  const write = async (
    known: PersonTable,
    person: DirectoryPerson,
    now: number,
  ): Promise<Written<'updated' | 'unchanged'>> => {
    if (sameAs(fromRow(known), person)) return { result: 'unchanged' };
    const change = mailChange(known.mail, person.mail);
    const mailChangedAt = change ? now : known.mailChangedAt;
    await database
      .updateTable('person')
      .set({ ...person, active: person.active ? 1 : 0, updatedAt: now, mailChangedAt })
      .where('id', '=', known.id)
      .execute();
    await writeNames(known.tenantId, known.id, person);
    return { result: 'updated', ...(change && { mailChange: change }) };
  };

  const writeNames = async (tenantId: Id, personId: Id, person: DirectoryPerson) => {
    await database.deleteFrom('personName').where('personId', '=', personId).execute();
    await database
      .insertInto('personName')
      .values(namesOf(person).map((name) => ({ tenantId, name, personId })))
      .execute();
  };

  return {
    async provision(tenantId, person, now, forests = [person.forest]) {
      const known = await find(tenantId)
        .where('forest', 'in', forests)
        .where('externalId', '=', person.externalId)
        .executeTakeFirst();
      if (known) return { id: known.id, ...(await write(known, person, now)) };
      const id = newId();
      const before = await takeRemoved(database, tenantId, person, forests, now);
      const change = before && mailChange(before.mail, person.mail);
      await database
        .insertInto('person')
        .values({
          ...person,
          id,
          tenantId,
          active: person.active ? 1 : 0,
          createdAt: now,
          updatedAt: now,
          mailChangedAt: change ? now : (before?.mailChangedAt ?? null),
        })
        .execute();
      await writeNames(tenantId, id, person);
      return { id, result: 'created', ...(change && { mailChange: change }) };
    },
    async replace(tenantId, id, person, now, forests = [person.forest]) {
      const known = await find(tenantId)
        .where('id', '=', id)
        .where('forest', 'in', forests)
        .executeTakeFirst();
      if (!known) return { result: 'notFound' };
      if (known.externalId !== person.externalId) return { result: 'anchorChanged' };
      return write(known, person, now);
    },
    async remove(tenantId, id, forests, now) {
      const removed = await database
        .deleteFrom('person')
        .where('tenantId', '=', tenantId)
        .where('id', '=', id)
        .where('forest', 'in', forests)
        .returningAll()
        .executeTakeFirst();
      if (removed === undefined) return false;
      await keepRemoved(database, fromRow(removed), now);
      await database.deleteFrom('groupMember').where('memberId', '=', id).execute();
      return true;
    },
    async list(tenantId, query) {
      const { total, rows } = await idPages<'person', PersonTable>(database, 'person', tenantId, query);
      return { total, rows: rows.map(fromRow) };
    },
    async byId(tenantId, id) {
      const { rows } = await findById(database, { tenantId, id });
      return rows[0] && fromRow(rows[0]);
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

const findById = compiledOnce((database, { tenantId, id }: { tenantId: string; id: string }) =>
  database.selectFrom('person').selectAll().where('tenantId', '=', tenantId).where('id', '=', id),
);

function fromRow(row: PersonTable): Person {
  return { ...row, active: row.active === 1 };
}

function sameAs(known: Person, person: DirectoryPerson): boolean {
  return (Object.keys(person) as (keyof DirectoryPerson)[]).every((field) => known[field] === person[field]);
}
