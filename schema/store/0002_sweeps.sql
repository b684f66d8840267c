-- Reconciling with the service desk: what no cursor can see.

-- 1: the workspace was told that the record is gone; what is delivered of it later brings it back.
ALTER TABLE ledger ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;
CREATE INDEX ledger_time ON ledger (stream, modified);
CREATE INDEX ledger_deleted ON ledger (stream) WHERE deleted = 1;

CREATE TABLE sweeps (
  stream  INTEGER PRIMARY KEY REFERENCES streams ON DELETE CASCADE,
  asked   INTEGER,                   -- 1 nightly, 2 whole, 3 whole and all deletions accepted; NULL: nothing is to be done
  below   INTEGER,                   -- how far the sweep is: what was modified at or after this is through
  nights  INTEGER NOT NULL DEFAULT 0, -- sweeps that came to their end
  ended   INTEGER,                   -- when the last one did, by our clock
  blocked TEXT,                      -- JSON: code, seen, means, remedy; a person has to decide
  hidden  INTEGER NOT NULL DEFAULT 0 -- rows that the service desk counted and did not show to the sweep under way
) STRICT;

-- Rows of the ledger that the sweep under way did not meet, as they were compared.
CREATE TABLE missing (
  stream   INTEGER NOT NULL REFERENCES streams ON DELETE CASCADE,
  record   BLOB    NOT NULL,         -- the id, packed
  version  INTEGER NOT NULL,
  modified INTEGER NOT NULL,
  PRIMARY KEY (stream, record)
) STRICT, WITHOUT ROWID;
