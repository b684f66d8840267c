-- What is seen of a record without being delivered.

-- The version of a row that was made with an older set of columns, as it was first seen with this newer set: while it stays
-- so, nothing but the columns differs.
ALTER TABLE ledger ADD COLUMN seen INTEGER;
ALTER TABLE ledger ADD COLUMN seen_columns INTEGER;

-- Delivered records that the last sweep did not get even by id, though the service desk counts them.
ALTER TABLE sweeps ADD COLUMN unshown INTEGER NOT NULL DEFAULT 0;
