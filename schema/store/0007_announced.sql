-- What was said of things to sign in with that end: each threshold once, however often the program starts.
CREATE TABLE announced (
  owner     TEXT    NOT NULL,        -- a connection's name; '' is the workspace
  what      TEXT    NOT NULL,
  ends      INTEGER NOT NULL,        -- another end is another thing
  threshold INTEGER NOT NULL,        -- days before it: 30, 7, 1, 0
  told      INTEGER NOT NULL,        -- in the log, by our clock
  written   INTEGER NOT NULL,        -- 1: the workspace has the row of it
  PRIMARY KEY (owner, what)
) STRICT;
