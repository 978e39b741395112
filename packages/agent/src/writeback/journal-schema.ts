import type { DatabaseSync } from 'node:sqlite';

const VERSION = 1;

/**
 * `digest` is of the sealed passwords where `is_sealed`, else of the whole body, and empty for a tombstone.
 * `reply` is the outcome as it travels (protocol/reply.ts).
 */
const SCHEMA = `
  CREATE TABLE entry (
    request_id TEXT PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('intent', 'outcome', 'tombstone')),
    digest TEXT NOT NULL,
    is_sealed INTEGER NOT NULL,
    operation TEXT, flags INTEGER, forest TEXT, object_guid TEXT, evidence_before TEXT, intended_at INTEGER,
    expires INTEGER NOT NULL,
    acked INTEGER NOT NULL DEFAULT 0,
    reply BLOB
  ) STRICT;
  CREATE TABLE IF NOT EXISTS clock (only INTEGER PRIMARY KEY CHECK (only = 1), high_water INTEGER NOT NULL) STRICT;
  INSERT OR IGNORE INTO clock VALUES (1, 0);
  CREATE TABLE session (only INTEGER PRIMARY KEY CHECK (only = 1), number INTEGER NOT NULL) STRICT;
  INSERT INTO session VALUES (1, 0);
`;

/** Brings a journal of the first version, which knew neither tombstones nor acknowledgements, up to this one. */
const FROM_FIRST = `
  INSERT INTO entry (request_id, state, digest, is_sealed, operation, flags, forest, object_guid, evidence_before,
                     intended_at, expires, reply)
    SELECT request_id, state, digest, coalesce(operation, 'reset') <> 'unlock', operation, 0, forest, object_guid,
           evidence_before, intended_at, expires, reply FROM first_entry;
  DROP TABLE first_entry;
`;

/** Whole or not at all, whatever dies in between. */
export function bringUpToDate(database: DatabaseSync): void {
  if (Number(database.prepare('PRAGMA user_version').get()?.['user_version']) >= VERSION) return;
  const isFirst =
    database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'entry'").get() !==
    undefined;
  database.exec('BEGIN IMMEDIATE');
  try {
    if (isFirst) database.exec('ALTER TABLE entry RENAME TO first_entry');
    database.exec(SCHEMA);
    if (isFirst) database.exec(FROM_FIRST);
    database.exec(`PRAGMA user_version = ${VERSION}; COMMIT`);
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}
