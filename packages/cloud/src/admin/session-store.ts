import type { Database } from '../store/database.ts';

/** `code`: the password was right and the authenticator's code is still to come. */
export type SessionStage = 'code' | 'signedIn';

export type AdministratorSessionTable = {
  /** HMAC of the cookie's value */
  cookieHmac: string;
  administratorId: string;
  stage: SessionStage;
  /** Unix ms */
  startedAt: number;
  lastSeenAt: number;
};

export type SessionStore = {
  start(session: AdministratorSessionTable): Promise<void>;
  byCookie(cookieHmac: string): Promise<AdministratorSessionTable | undefined>;
  touch(cookieHmac: string, now: number): Promise<void>;
  end(cookieHmac: string): Promise<void>;
  /** Deletes what started before. */
  purge(startedBefore: number): Promise<void>;
};

export function sessionStore(database: Database): SessionStore {
  return {
    async start(session) {
      await database.insertInto('administratorSession').values(session).execute();
    },
    byCookie(cookieHmac) {
      return database
        .selectFrom('administratorSession')
        .selectAll()
        .where('cookieHmac', '=', cookieHmac)
        .executeTakeFirst();
    },
    async touch(cookieHmac, now) {
      await database
        .updateTable('administratorSession')
        .set({ lastSeenAt: now })
        .where('cookieHmac', '=', cookieHmac)
        .execute();
    },
    async end(cookieHmac) {
      await database.deleteFrom('administratorSession').where('cookieHmac', '=', cookieHmac).execute();
    },
    async purge(startedBefore) {
      await database.deleteFrom('administratorSession').where('startedAt', '<', startedBefore).execute();
    },
  };
}
