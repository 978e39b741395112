/**
 * What the agent has begun and how it ended, so that a request is never carried out twice and a repeated one
 * gets the answer that was true. Holds nothing of a password: a digest of the sealed bytes tells repeats apart
 * from forgeries. The exclusive lock on the file is also what stops a second agent on the same state folder.
 */
import { join } from 'node:path';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import type { EvidenceBefore } from '@homeward/active-directory';
import type { Operation } from '@homeward/protocol/operation';
import { OUTCOMES } from '@homeward/protocol/outcome';
import { decodeReply, encodeReply, type Reply } from '@homeward/protocol/reply';
import { AgentError } from '../errors.ts';
import { makePrivate } from '../keys/durable-files.ts';
import { JournalDisk } from './journal-disk.ts';
import { bringUpToDate } from './journal-schema.ts';

/** What is known of a request from its bytes alone. */
export type Arrived = {
  requestId: string;
  /** SHA-256 of the sealed passwords, hex; of the whole body where there are none */
  digest: string;
  /** the former: then the answer is signed over it */
  isSealed: boolean;
  /** Unix ms */
  expires: number;
};

export type Intent = Arrived & {
  operation: Operation;
  /** bits of the protocol's FLAGS */
  flags: number;
  forest: string;
  objectGuid: string;
  /** what was known right before the write, so that a lost answer can be resolved on the same controller */
  before: EvidenceBefore;
  /** Unix ms */
  intendedAt: number;
};

/** How a request ended. A tombstone stands for one that never came: it has neither digest nor seal. */
export type Ended = Arrived & { state: 'outcome' | 'tombstone' } & Pick<Reply, 'outcome' | 'event'>;

export type JournalEntry = { state: 'intent'; digest: string } | Ended;

export type Journal = {
  find: (requestId: string) => JournalEntry | undefined;
  /** Reaches the disk beside other work: see `onDisk`. @throws where the request id has an entry already */
  intend: (intent: Intent) => void;
  /** Resolves when all that was written before is on disk. @throws what the disk says, from then on for ever */
  onDisk: () => Promise<void>;
  /** The evidence was read anew before the write. As `intend`. @throws where there is no such intent */
  amend: (intent: Intent) => void;
  /** Also for a request that ended before anything was written. The first end stands. On disk when it returns. */
  settle: (arrived: Arrived, told: Pick<Reply, 'outcome' | 'event'>) => void;
  /**
   * For a request without an entry: never started, and never will be; or, of one so old that its entry may be
   * forgotten, unknown. On disk when it returns. An entry that is there already stays.
   */
  entomb: (requestId: string, expires: number, told?: 'notStarted' | 'unknown') => void;
  /** The cloud has it. Reaches the disk with the next entry: lost in between, it is only told once more. */
  acknowledge: (requestId: string) => void;
  /** What the cloud may not have heard of, oldest first, from `after` on (a number of `at`). */
  unacknowledged: (after: number, limit: number) => (Ended & { at: number })[];
  /** Requests whose write may or may not have happened. */
  unsettled: () => Intent[];
  /** The latest time that this agent has ever seen, Unix ms: a clock set back revives no request. */
  highWater: () => number;
  /** Grows with each call, on disk when it returns: a copy of this folder falls behind. */
  nextSession: () => number;
  /** Forgets what expired a day ago and is acknowledged, and the rest after a week. @returns how many entries */
  prune: (now: number) => number;
  close: () => void;
};

const DAY = 24 * 60 * 60_000;

/** ms after its end that the entry of a request is kept at least */
export const KEPT_FOR = DAY;

/** @throws {AgentError} ERR_ALREADY_RUNNING when another process holds this state folder */
export function openJournal(stateFolder: string, now: () => number): Journal {
  const file = join(stateFolder, 'journal.db');
  const disk = new JournalDisk(`${file}-wal`);
  const database = openExclusively(file);
  const find = database.prepare('SELECT * FROM entry WHERE request_id = ?');
  const insert = database.prepare(
    `INSERT INTO entry (request_id, state, digest, is_sealed, expires, operation, flags, forest, object_guid,
                        evidence_before, intended_at) VALUES (?, 'intent', ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const amend = database.prepare(
    "UPDATE entry SET evidence_before = ?, intended_at = ? WHERE request_id = ? AND state = 'intent'",
  );
  const settle = database.prepare(
    `INSERT INTO entry (request_id, state, digest, is_sealed, expires, reply) VALUES (?, 'outcome', ?, ?, ?, ?)
     ON CONFLICT (request_id) DO UPDATE SET state = 'outcome', reply = excluded.reply WHERE state = 'intent'`,
  );
  const entomb = database.prepare(
    `INSERT INTO entry (request_id, state, digest, is_sealed, expires, reply) VALUES (?, 'tombstone', '', 0, ?, ?)
     ON CONFLICT DO NOTHING`,
  );
  const acknowledge = database.prepare(
    "UPDATE entry SET acked = 1 WHERE request_id = ? AND state <> 'intent'",
  );
  const unacknowledged = database.prepare(
    "SELECT rowid AS at, * FROM entry WHERE state <> 'intent' AND acked = 0 AND rowid > ? ORDER BY rowid LIMIT ?",
  );
  const unsettled = database.prepare("SELECT * FROM entry WHERE state = 'intent'");
  const readClock = database.prepare('SELECT high_water FROM clock');
  const advance = database.prepare('UPDATE clock SET high_water = max(high_water, ?)');
  const session = database.prepare('UPDATE session SET number = number + 1 RETURNING number');
  const prune = database.prepare(
    "DELETE FROM entry WHERE state <> 'intent' AND (expires < ? OR acked = 1 AND expires < ?)",
  );
  const acknowledged = new Set<string>();
  const commit = (write: () => void) => {
    database.exec('BEGIN IMMEDIATE');
    try {
      for (const requestId of acknowledged) acknowledge.run(requestId);
      write();
      advance.run(now());
      database.exec('COMMIT');
      acknowledged.clear();
    } catch (error) {
      database.exec('ROLLBACK');
      throw error;
    }
  };
  const together = (write: () => void) => {
    commit(write);
    disk.flush();
  };
  const flush = () => {
    if (acknowledged.size > 0) together(() => {});
  };
  return {
    find(requestId) {
      const row = find.get(requestId);
      if (row === undefined) return undefined;
      return row['state'] === 'intent' ? { state: 'intent', digest: String(row['digest']) } : endedOf(row);
    },
    intend({ requestId, digest, isSealed, expires, operation, flags, forest, objectGuid, ...intent }) {
      const evidence = JSON.stringify(intent.before);
      const seal = Number(isSealed);
      const target = [operation, flags, forest, objectGuid] as const;
      commit(() => insert.run(requestId, digest, seal, expires, ...target, evidence, intent.intendedAt));
    },
    onDisk: () => disk.flushed(),
    amend({ requestId, before, intendedAt }) {
      commit(() => {
        const { changes } = amend.run(JSON.stringify(before), intendedAt, requestId);
        if (changes !== 1) throw new Error(`no intent of ${requestId} to amend`);
      });
    },
    settle({ requestId, digest, isSealed, expires }, told) {
      together(() => settle.run(requestId, digest, Number(isSealed), expires, encodeReply(told)));
    },
    entomb(requestId, expires, kind = 'notStarted') {
      const reply = encodeReply({ outcome: { kind }, event: OUTCOMES[kind].event });
      together(() => entomb.run(requestId, expires, reply));
    },
    acknowledge: (requestId) => void acknowledged.add(requestId),
    unacknowledged(after, limit) {
      flush();
      return unacknowledged.all(after, limit).map((row) => ({ ...endedOf(row), at: Number(row['at']) }));
    },
    unsettled: () => unsettled.all().map(intentOf),
    highWater: () => Number(readClock.get()?.['high_water'] ?? 0),
    nextSession() {
      const number = Number(session.get()?.['number']);
      disk.flush();
      return number;
    },
    prune(at) {
      flush();
      return Number(prune.run(at - 7 * DAY, at - KEPT_FOR).changes);
    },
    close() {
      flush();
      disk.close();
      database.close();
    },
  };
}

type Row = Record<string, SQLOutputValue>;

function arrivedOf(row: Row): Arrived {
  return {
    requestId: String(row['request_id']),
    digest: String(row['digest']),
    isSealed: row['is_sealed'] === 1,
    expires: Number(row['expires']),
  };
}

function endedOf(row: Row): Ended {
  const state = row['state'] === 'tombstone' ? 'tombstone' : 'outcome';
  const { outcome, event } = decodeReply(row['reply'] as Uint8Array);
  return { ...arrivedOf(row), state, outcome, event };
}

function intentOf(row: Row): Intent {
  return {
    ...arrivedOf(row),
    operation: String(row['operation']) as Operation,
    flags: Number(row['flags']),
    forest: String(row['forest']),
    objectGuid: String(row['object_guid']),
    before: JSON.parse(String(row['evidence_before'])) as EvidenceBefore,
    intendedAt: Number(row['intended_at']),
  };
}

function openExclusively(path: string): DatabaseSync {
  makePrivate(path);
  const database = new DatabaseSync(path);
  try {
    // NORMAL: it is us who flush, so that an intent need not hold up the opening of its envelope.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
    bringUpToDate(database);
    return database;
  } catch (cause) {
    database.close();
    if ((cause as { errcode?: number }).errcode !== 5) throw cause;
    throw new AgentError('ERR_ALREADY_RUNNING', `another agent uses ${path}; stop it first`, { cause });
  }
}
