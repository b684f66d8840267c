-- What the workspace refused while it took nothing: it may be the workspace that is at fault.

-- 1: refused, and nothing of the stream was taken since. The first row that is taken has it tried once more.
ALTER TABLE quarantine ADD COLUMN unproven INTEGER NOT NULL DEFAULT 0;
CREATE INDEX quarantine_unproven ON quarantine (stream) WHERE unproven = 1;

-- quarantine.retry: 0 no, 1 asked for, 2 under way; what is asked for while it is under way is asked for anew.
