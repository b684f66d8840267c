-- Refresh tokens that came back from a service desk: the one secret that has no other place.
CREATE TABLE refresh_tokens (
  connection TEXT    PRIMARY KEY,    -- its name
  token      TEXT    NOT NULL,
  salt       BLOB    NOT NULL,       -- random, of this row
  first      BLOB    NOT NULL,       -- SHA-256 of salt and the configured token with which the line began
  kept       INTEGER NOT NULL        -- when, by our clock
) STRICT;
