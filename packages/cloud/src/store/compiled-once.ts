import type { Compilable, CompiledQuery, QueryResult } from 'kysely';
import type { Database } from './database.ts';

/** Stands in a compiled statement for a value that comes with each run. */
class Slot {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/**
 * A statement of the way that people wait for, built and compiled once: building one takes longer than running it.
 *
 * @param build gets placeholders, one for each name, to be used as values of the statement and for nothing else:
 *   not looked into, not spread
 */
export function compiledOnce<Values extends object, Row = unknown>(
  build: (database: Database, values: Values) => Compilable<Row>,
): (database: Database, values: Values) => Promise<QueryResult<Row>> {
  const byDialect = new Map<unknown, CompiledQuery<Row>>();
  const slots = new Proxy({}, { get: (_, name) => new Slot(String(name)) }) as Values;
  return (database, values) => {
    const dialect = database.getExecutor().adapter.constructor;
    let compiled = byDialect.get(dialect);
    if (compiled === undefined) {
      compiled = build(database, slots).compile();
      byDialect.set(dialect, compiled);
    }
    const given = values as Readonly<Record<string, unknown>>;
    const parameters = compiled.parameters.map((each) => (each instanceof Slot ? given[each.name] : each));
    return database.executeQuery({ ...compiled, parameters });
  };
}
