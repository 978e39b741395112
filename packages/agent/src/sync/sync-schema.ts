/**
 * Numbered migrations of the sync store, forward only; the number in force is the file's `user_version`. One that
 * was released is never edited.
 *
 * A forest's SID stands once in `forest`. `confirmed` and `unanswered` are `=` where they equal `desired`, as
 * they nearly always do. `pending` is derived (pendingExportOf), kept so that pending exports are found without reading all.
 */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE forest (id INTEGER PRIMARY KEY, sid TEXT NOT NULL UNIQUE) STRICT;

   CREATE TABLE directory_object (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     forest INTEGER NOT NULL REFERENCES forest (id),
     object_guid TEXT NOT NULL,
     object_type TEXT NOT NULL,
     dn TEXT NOT NULL,
     attributes TEXT NOT NULL,
     match_key TEXT,
     obsolete INTEGER NOT NULL,
     source_anchor TEXT,
     metaverse_object INTEGER,
     link_rules TEXT
   ) STRICT;
   CREATE UNIQUE INDEX directory_object_guid ON directory_object (forest, object_guid);
   CREATE INDEX directory_object_match_key ON directory_object (match_key) WHERE match_key <> '*';
   CREATE INDEX directory_object_link ON directory_object (metaverse_object) WHERE metaverse_object IS NOT NULL;
   CREATE INDEX directory_object_leaving ON directory_object (id)
     WHERE match_key IS NULL AND (metaverse_object IS NOT NULL OR obsolete = 1);
   CREATE INDEX directory_object_obsolete ON directory_object (forest) WHERE obsolete = 1;

   CREATE TABLE member (
     group_object INTEGER NOT NULL,
     forest INTEGER NOT NULL,
     object_guid TEXT NOT NULL,
     PRIMARY KEY (group_object, object_guid)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX member_guid ON member (forest, object_guid);

   CREATE TABLE container (
     forest INTEGER NOT NULL REFERENCES forest (id),
     object_guid TEXT NOT NULL,
     dn TEXT NOT NULL,
     PRIMARY KEY (forest, object_guid)
   ) STRICT, WITHOUT ROWID;

   CREATE TABLE metaverse_object (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     object_type TEXT NOT NULL,
     attributes TEXT NOT NULL,
     source_anchor TEXT NOT NULL,
     anchor_owner INTEGER NOT NULL,
     provisioned INTEGER NOT NULL,
     refusals TEXT NOT NULL
   ) STRICT;
   CREATE INDEX metaverse_object_anchor ON metaverse_object (source_anchor);

   CREATE TABLE cloud_object (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     object_type TEXT NOT NULL,
     source_anchor TEXT NOT NULL UNIQUE,
     cloud_anchor TEXT UNIQUE,
     metaverse_object INTEGER,
     link_rules TEXT,
     desired TEXT,
     confirmed TEXT,
     unanswered TEXT,
     error TEXT,
     pending TEXT
   ) STRICT;
   CREATE INDEX cloud_object_link ON cloud_object (metaverse_object) WHERE metaverse_object IS NOT NULL;
   CREATE INDEX cloud_object_pending ON cloud_object (pending, object_type, id) WHERE pending IS NOT NULL;

   CREATE TABLE queue (
     object_type TEXT NOT NULL,
     directory_object INTEGER NOT NULL,
     PRIMARY KEY (object_type, directory_object)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;`,

  "CREATE INDEX metaverse_object_refused ON metaverse_object (id) WHERE refusals <> '[]'",
];
