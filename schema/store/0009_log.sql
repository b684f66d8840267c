-- What the connector's own log was told of each stream: at least one row an hour, never a flood, whoever starts again.
CREATE TABLE log_told (
  stream INTEGER PRIMARY KEY REFERENCES streams ON DELETE CASCADE,
  heard  INTEGER,                    -- when the workspace last took a row of it
  away   INTEGER,                    -- since when it takes none
  missed INTEGER NOT NULL            -- rows that nobody will write any more
) STRICT;

CREATE TABLE log_causes (
  stream INTEGER NOT NULL REFERENCES streams ON DELETE CASCADE,
  code   TEXT    NOT NULL,
  since  INTEGER NOT NULL,           -- the first failure of those that stand
  last   INTEGER NOT NULL,           -- the last one
  times  INTEGER NOT NULL,           -- failures since the row that told of it
  total  INTEGER NOT NULL,           -- failures since `since`
  told   INTEGER,                    -- when the workspace took a row of it; NULL: never
  open   INTEGER NOT NULL,           -- 1: it was told, or should have been, and its end was not
  head   INTEGER NOT NULL,           -- 1: it stands in the head's way
  rest   INTEGER NOT NULL,           -- 1: it stands in the way of the rest
  PRIMARY KEY (stream, code)
) STRICT, WITHOUT ROWID;
