-- Times are milliseconds since 1970-01-01 UTC, unless a column says seconds.

CREATE TABLE streams (
  stream         INTEGER PRIMARY KEY,
  connection     TEXT    NOT NULL,
  kind           TEXT    NOT NULL,
  generation     INTEGER NOT NULL DEFAULT 0,
  resync_since   INTEGER,            -- from where the current generation was asked for
  source_print   TEXT    NOT NULL,   -- instance and table
  filter_print   TEXT    NOT NULL,
  sink_print     TEXT    NOT NULL,   -- destination
  window_start   INTEGER,            -- of the last run, by the source's clock
  head_read      INTEGER,            -- start of the last run that read the head to its end, by our clock
  last_generated INTEGER,            -- the last TimeGenerated
  pruned         INTEGER,            -- the window's start when what had left it was last looked for
  UNIQUE (connection, kind)
) STRICT;

CREATE TABLE slices (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  stream        INTEGER NOT NULL REFERENCES streams ON DELETE CASCADE,
  generation    INTEGER NOT NULL,
  starts        INTEGER NOT NULL,    -- inclusive
  ends          INTEGER,             -- exclusive; NULL is the head
  position_time INTEGER,
  position_rest TEXT,
  complete      INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX slices_head ON slices (stream) WHERE ends IS NULL;
CREATE INDEX slices_stream ON slices (stream, starts);

-- What was delivered last of every record in the window.
CREATE TABLE ledger (
  stream     INTEGER NOT NULL REFERENCES streams ON DELETE CASCADE,
  record     BLOB    NOT NULL,       -- the id, packed
  number     TEXT    NOT NULL,
  version    INTEGER NOT NULL,
  modified   INTEGER NOT NULL,
  revision   INTEGER,
  generation INTEGER NOT NULL,
  columns    INTEGER NOT NULL,       -- the set of columns the row was made with
  delivered  INTEGER NOT NULL,       -- seconds
  PRIMARY KEY (stream, record)
) STRICT, WITHOUT ROWID;

CREATE TABLE column_sets (
  columns     INTEGER PRIMARY KEY,
  fingerprint TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE runs (
  run         INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id      TEXT    NOT NULL,
  stream      INTEGER NOT NULL REFERENCES streams ON DELETE CASCADE,
  worker      TEXT    NOT NULL,      -- head, rest
  started     INTEGER NOT NULL,
  ended       INTEGER,
  outcome     TEXT,                  -- complete, failed, interrupted
  error       TEXT,                  -- JSON: code, seen, means, remedy
  read        INTEGER NOT NULL DEFAULT 0,
  sent        INTEGER NOT NULL DEFAULT 0,
  unchanged   INTEGER NOT NULL DEFAULT 0,
  quarantined INTEGER NOT NULL DEFAULT 0,
  deleted     INTEGER NOT NULL DEFAULT 0,
  hidden      INTEGER NOT NULL DEFAULT 0,
  requests    INTEGER NOT NULL DEFAULT 0,
  bytes_sent  INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX runs_stream ON runs (stream, started);

CREATE TABLE quarantine (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  stream   INTEGER NOT NULL REFERENCES streams ON DELETE CASCADE,
  record   BLOB,                     -- NULL: rows without id or stamp, counted together
  number   TEXT    NOT NULL DEFAULT '',
  version  INTEGER,                  -- what the workspace refused; NULL: it could not be mapped
  modified INTEGER,
  reason   TEXT    NOT NULL,
  rows     INTEGER NOT NULL DEFAULT 1,
  since    INTEGER NOT NULL,
  retry    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX quarantine_record ON quarantine (stream, record) WHERE record IS NOT NULL;
CREATE UNIQUE INDEX quarantine_reason ON quarantine (stream, reason) WHERE record IS NULL;

-- What the command line asks of a running daemon.
CREATE TABLE requests (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  verb     TEXT    NOT NULL,         -- sync, resync, quarantine-retry
  body     TEXT    NOT NULL,         -- JSON
  made     INTEGER NOT NULL,
  taken    INTEGER,
  answer   TEXT                      -- JSON, when it is done
) STRICT;
