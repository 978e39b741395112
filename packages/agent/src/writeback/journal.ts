/**
 * What the agent has begun and how it ended, so that a request is never carried out twice and a repeated one
 * gets the answer that was true. Holds nothing of a password: a digest of the sealed bytes tells repeats apart
 * from forgeries. The exclusive lock on the file is also what stops a second agent on the same state folder.
 */
import { join } from 'node:path';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import type { EvidenceBefore } from '@homeward/active-directory';
import type { Operation } from '@homeward/protocol/operation';
import type { Outcome } from '@homeward/protocol/outcome';
import { decodeReply, encodeReply } from '@homeward/protocol/reply';
import { AgentError } from '../errors.ts';

export type Intent = {
  requestId: string;
  /** SHA-256 of the sealed passwords, hex; of the whole body where there are none */
  digest: string;
  operation: Operation;
  forest: string;
  objectGuid: string;
  /** what was known right before the write, so that a lost answer can be resolved on the same controller */
  before: EvidenceBefore;
  /** Unix ms */
  intendedAt: number;
  /** Unix ms */
  expires: number;
};

export type JournalEntry = { digest: string } & (
  | { state: 'intent' }
  | { state: 'outcome'; outcome: Outcome; event: number }
);

export type Journal = {
  find: (requestId: string) => JournalEntry | undefined;
  /** On disk when it returns. @throws where the request id has an entry already */
  intend: (intent: Intent) => void;
  /** Also for a request that ended before anything was written. On disk when it returns. */
  settle: (settled: {
    requestId: string;
    digest: string;
    expires: number;
    outcome: Outcome;
    event: number;
  }) => void;
  /** Requests whose write may or may not have happened when the agent last stopped. */
  unsettled: () => Intent[];
  /** The latest time that this agent has ever seen, Unix ms: a clock set back revives no request. */
  highWater: () => number;
  /** Forgets what ended a day ago. @returns how many entries */
  prune: (now: number) => number;
  close: () => void;
};

const KEEP = 24 * 60 * 60_000;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS entry (
    request_id TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('intent', 'outcome')),
    operation TEXT, forest TEXT, object_guid TEXT, evidence_before TEXT, intended_at INTEGER,
    expires INTEGER NOT NULL,
    reply BLOB
  ) STRICT;
  CREATE TABLE IF NOT EXISTS clock (only INTEGER PRIMARY KEY CHECK (only = 1), high_water INTEGER NOT NULL) STRICT;
  INSERT OR IGNORE INTO clock VALUES (1, 0);
`;

/** @throws {AgentError} ERR_ALREADY_RUNNING when another process holds this state folder */
export function openJournal(stateFolder: string, now: () => number): Journal {
  const database = openExclusively(join(stateFolder, 'journal.db'));
  const find = database.prepare('SELECT digest, state, reply FROM entry WHERE request_id = ?');
  const insert = database.prepare(
    `INSERT INTO entry (request_id, digest, state, operation, forest, object_guid, evidence_before, intended_at, expires)
     VALUES (?, ?, 'intent', ?, ?, ?, ?, ?, ?)`,
  );
  const settle = database.prepare(
    `INSERT INTO entry (request_id, digest, state, expires, reply) VALUES (?, ?, 'outcome', ?, ?)
     ON CONFLICT (request_id) DO UPDATE SET state = 'outcome', reply = excluded.reply`,
  );
  const unsettled = database.prepare("SELECT * FROM entry WHERE state = 'intent'");
  const readClock = database.prepare('SELECT high_water FROM clock');
  const advance = database.prepare('UPDATE clock SET high_water = max(high_water, ?)');
  const prune = database.prepare("DELETE FROM entry WHERE state = 'outcome' AND expires < ?");
  const together = (write: () => void) => {
    database.exec('BEGIN IMMEDIATE');
    try {
      write();
      advance.run(now());
      database.exec('COMMIT');
    } catch (error) {
      database.exec('ROLLBACK');
      throw error;
    }
  };
  return {
    find(requestId) {
      const row = find.get(requestId);
      if (row === undefined) return undefined;
      const digest = String(row['digest']);
      if (row['state'] === 'intent') return { digest, state: 'intent' };
      return { digest, state: 'outcome', ...decodeReply(row['reply'] as Uint8Array) };
    },
    intend({ requestId, digest, operation, forest, objectGuid, before, intendedAt, expires }) {
      const evidence = JSON.stringify(before);
      together(() =>
        insert.run(requestId, digest, operation, forest, objectGuid, evidence, intendedAt, expires),
      );
    },
    settle({ requestId, digest, expires, outcome, event }) {
      together(() => settle.run(requestId, digest, expires, encodeReply({ outcome, event })));
    },
    unsettled: () => unsettled.all().map(intentOf),
    highWater: () => Number(readClock.get()?.['high_water'] ?? 0),
    prune: (at) => Number(prune.run(at - KEEP).changes),
    close: () => database.close(),
  };
}

function intentOf(row: Record<string, SQLOutputValue>): Intent {
  return {
    requestId: String(row['request_id']),
    digest: String(row['digest']),
    operation: String(row['operation']) as Operation,
    forest: String(row['forest']),
    objectGuid: String(row['object_guid']),
    before: JSON.parse(String(row['evidence_before'])) as EvidenceBefore,
    intendedAt: Number(row['intended_at']),
    expires: Number(row['expires']),
  };
}

function openExclusively(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    database.exec(SCHEMA);
    return database;
  } catch (cause) {
    database.close();
    if ((cause as { errcode?: number }).errcode !== 5) throw cause;
    throw new AgentError('ERR_ALREADY_RUNNING', `another agent uses ${path}; stop it first`, { cause });
  }
}
