-- Many orders like the newest one, for a database that has been used: 200,000 of them, shipped long ago, in 25,000
-- commits. Whatever columns the tables have is copied. The daemon does not run meanwhile.
\set orders 200000
\set commits 25000
BEGIN;
CREATE TEMP TABLE template AS SELECT id FROM orders ORDER BY created_at DESC LIMIT 1;
CREATE TEMP TABLE made_commits AS SELECT n, gen_random_uuid() AS batch_id FROM generate_series(1, :commits) n;
CREATE TEMP TABLE made_orders AS
  SELECT gen_random_uuid() AS id, i % :commits + 1 AS n FROM generate_series(1, :orders) i;
INSERT INTO commits (batch_id, number, committed_at)
  SELECT batch_id, value + n, now() - (:commits - n) * interval '1 second' FROM made_commits, change_counter;
INSERT INTO orders
  SELECT (jsonb_populate_record(newest, jsonb_build_object('id', made.id, 'status', 'shipped'))).*
  FROM made_orders made, orders newest WHERE newest.id = (SELECT id FROM template);
INSERT INTO order_items
  SELECT (jsonb_populate_record(item, jsonb_build_object('order_id', made.id))).*
  FROM made_orders made, order_items item WHERE item.order_id = (SELECT id FROM template);
INSERT INTO order_status_history
  SELECT (jsonb_populate_record(change, jsonb_build_object('order_id', made.id, 'batch_id', commit.batch_id))).*
  FROM made_orders made JOIN made_commits commit USING (n), order_status_history change
  WHERE change.order_id = (SELECT id FROM template);
INSERT INTO reservations
  SELECT (jsonb_populate_record(held, jsonb_build_object('id', made.id, 'state', 'committed'))).*
  FROM made_orders made, reservations held WHERE held.id = (SELECT id FROM template);
COMMIT;
ANALYZE;
