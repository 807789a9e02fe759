-- What was deleted because of its age: of each table that hangs on commits, the rows of commits up to this number may be
-- gone. A reader that stands below the highest of them has missed something.
CREATE TABLE retention (
  table_name text PRIMARY KEY,
  deleted_up_to bigint NOT NULL
) WITH (fillfactor = 50);
INSERT INTO retention VALUES ('order_status_history', 0), ('stock_movements', 0), ('commits', 0);
