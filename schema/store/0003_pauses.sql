-- What must outlive a process: a server's wish, the warnings of a run, which rows share an entry of the quarantine.

-- Pauses that servers asked for.
CREATE TABLE pauses (
  owner  TEXT    PRIMARY KEY,        -- a connection's name; '' is the workspace
  server TEXT    NOT NULL,           -- another server is not bound by it
  asked  INTEGER NOT NULL,           -- by our clock
  until  INTEGER NOT NULL,           -- by our clock
  why    TEXT    NOT NULL
) STRICT;

ALTER TABLE runs ADD COLUMN warnings TEXT;    -- JSON array of sentences; NULL: none

-- Which rows without id or stamp an entry has counted, so that one that is read again is not counted again.
CREATE TABLE quarantine_rows (
  entry INTEGER NOT NULL REFERENCES quarantine ON DELETE CASCADE,
  mark  INTEGER NOT NULL,
  PRIMARY KEY (entry, mark)
) STRICT, WITHOUT ROWID;
