-- Counts for the status page, kept where the things are written that they count: nobody reads 90 days of runs or a million
-- records to show a page.

-- The day on which the work item was created: days since 1970-01-01 UTC. NULL: the row has none, or the record was not read
-- since this column is there.
ALTER TABLE ledger ADD COLUMN created INTEGER;

-- Records of the ledger that are not marked as gone.
CREATE TABLE ledger_counts (
  stream  INTEGER NOT NULL REFERENCES streams ON DELETE CASCADE,
  day     INTEGER NOT NULL,          -- of their creation; -1000000: not known
  columns INTEGER NOT NULL,          -- the set of columns their rows were made with
  records INTEGER NOT NULL,
  PRIMARY KEY (stream, day, columns)
) STRICT, WITHOUT ROWID;
INSERT INTO ledger_counts SELECT stream, -1000000, columns, count(*) FROM ledger WHERE deleted = 0 GROUP BY stream, columns;

CREATE TRIGGER ledger_counts_new AFTER INSERT ON ledger WHEN new.deleted = 0 BEGIN
  INSERT INTO ledger_counts VALUES (new.stream, coalesce(new.created, -1000000), new.columns, 1)
    ON CONFLICT (stream, day, columns) DO UPDATE SET records = records + 1;
END;
CREATE TRIGGER ledger_counts_gone AFTER DELETE ON ledger WHEN old.deleted = 0 BEGIN
  UPDATE ledger_counts SET records = records - 1
    WHERE stream = old.stream AND day = coalesce(old.created, -1000000) AND columns = old.columns;
END;
CREATE TRIGGER ledger_counts_moved AFTER UPDATE OF stream, created, columns, deleted ON ledger
  WHEN old.created IS NOT new.created OR old.columns <> new.columns OR old.deleted <> new.deleted OR old.stream <> new.stream
BEGIN
  UPDATE ledger_counts SET records = records - 1
    WHERE old.deleted = 0 AND stream = old.stream AND day = coalesce(old.created, -1000000) AND columns = old.columns;
  INSERT INTO ledger_counts SELECT new.stream, coalesce(new.created, -1000000), new.columns, 1 WHERE new.deleted = 0
    ON CONFLICT (stream, day, columns) DO UPDATE SET records = records + 1;
END;

-- Runs by the hour in which they ended; kept as long as the runs.
CREATE TABLE run_hours (
  stream     INTEGER NOT NULL REFERENCES streams ON DELETE CASCADE,
  hour       INTEGER NOT NULL,       -- hours since 1970-01-01 UTC, by our clock
  runs       INTEGER NOT NULL,
  failed     INTEGER NOT NULL,
  read       INTEGER NOT NULL,
  sent       INTEGER NOT NULL,
  unchanged  INTEGER NOT NULL,
  requests   INTEGER NOT NULL,
  bytes_sent INTEGER NOT NULL,
  PRIMARY KEY (stream, hour)
) STRICT, WITHOUT ROWID;
INSERT INTO run_hours
  SELECT stream, ended / 3600000, count(*), sum(outcome = 'failed'), sum(read), sum(sent), sum(unchanged), sum(requests), sum(bytes_sent)
  FROM runs WHERE ended IS NOT NULL GROUP BY stream, ended / 3600000;

-- Failed runs by the day in which they began; kept as long as the runs.
CREATE TABLE failures (
  stream INTEGER NOT NULL REFERENCES streams ON DELETE CASCADE,
  day    INTEGER NOT NULL,           -- days since 1970-01-01 UTC, by our clock
  worker TEXT    NOT NULL,
  code   TEXT    NOT NULL,
  times  INTEGER NOT NULL,
  first  INTEGER NOT NULL,           -- start of the first
  last   INTEGER NOT NULL,           -- start of the last
  error  TEXT    NOT NULL,           -- of the last; JSON: code, seen, means, remedy
  over   INTEGER NOT NULL DEFAULT 0, -- 1: a later run of the worker was complete
  PRIMARY KEY (stream, day, worker, code)
) STRICT, WITHOUT ROWID;

-- The last run of a worker, the ones under way, and the ones worth a line, without a look at the quiet ones.
CREATE INDEX runs_worker ON runs (stream, worker);
CREATE INDEX runs_open ON runs (stream, worker) WHERE outcome IS NULL;
CREATE INDEX runs_told ON runs (started) WHERE outcome IS NULL OR outcome = 'failed' OR sent > 0 OR quarantined > 0;

-- Each run is looked at once: there may be 90 days of them, and a process that starts has little time.
WITH failed AS (
  SELECT stream, started / 86400000 AS day, worker, json_extract(error, '$.code') AS code, count(*) AS times,
    min(started) AS first, max(started) AS last, max(run) AS run
  FROM runs WHERE outcome = 'failed' AND iif(json_valid(error), json_extract(error, '$.code') IS NOT NULL, 0)
  GROUP BY 1, 2, 3, 4
), complete AS (
  SELECT stream, worker, max(run) AS run FROM runs WHERE outcome = 'complete' GROUP BY stream, worker
)
INSERT INTO failures
  SELECT f.stream, f.day, f.worker, f.code, f.times, f.first, f.last, r.error, f.run < coalesce(c.run, 0)
  FROM failed f JOIN runs r ON r.run = f.run LEFT JOIN complete c ON c.stream = f.stream AND c.worker = f.worker;
