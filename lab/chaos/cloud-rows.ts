import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Outcome } from '@homeward/protocol/outcome';
import type { RequestRow } from './judge.ts';

const PATIENCE_MS = 30_000;

/**
 * What the cloud's own table says, from a copy: the cloud keeps its file to itself while it runs. A copy that is taken
 * in the middle of a write may be unreadable: then it is taken again.
 */
export async function readRequestRows(dataFolder: string): Promise<RequestRow[]> {
  for (const end = performance.now() + PATIENCE_MS; ; ) {
    try {
      return fromCopy(dataFolder);
    } catch (error) {
      if (performance.now() > end) throw error;
      await new Promise((done) => setTimeout(done, 100));
    }
  }
}

function fromCopy(dataFolder: string): RequestRow[] {
  const folder = mkdtempSync(join(tmpdir(), 'homeward-rows-'));
  try {
    for (const name of ['cloud.db', 'cloud.db-wal'])
      if (existsSync(join(dataFolder, name))) copyFileSync(join(dataFolder, name), join(folder, name));
    using database = new DatabaseSync(join(folder, 'cloud.db'));
    return database
      .prepare(
        `select request.id, person.user_name, request.state, request.issued_at, request.expires_at,
                request.settled_at, request.outcome
         from request join person on person.id = request.person_id order by request.issued_at`,
      )
      .all()
      .map((row) => ({
        id: String(row['id']),
        person: String(row['user_name']).split('@')[0] ?? '',
        state: String(row['state']),
        issuedAt: Number(row['issued_at']),
        expiresAt: Number(row['expires_at']),
        settledAt: row['settled_at'] === null ? null : Number(row['settled_at']),
        outcome: row['outcome'] === null ? null : (JSON.parse(String(row['outcome'])) as Outcome),
      }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
