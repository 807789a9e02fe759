-- :events events that wait for the broker, as after an outage: 16 orders of two events a commit. The daemon does not run
-- meanwhile.
CREATE FUNCTION pg_temp.field(content text) RETURNS bytea LANGUAGE sql IMMUTABLE AS
  $$ SELECT int4send(octet_length(content)) || convert_to(content, 'UTF8') $$;
CREATE FUNCTION pg_temp.field(id uuid) RETURNS bytea LANGUAGE sql IMMUTABLE AS
  $$ SELECT int4send(16) || uuid_send(id) $$;
\set orders_a_commit 16
BEGIN;
CREATE TEMP TABLE waiting AS
  SELECT gen_random_uuid() AS batch_id, n, (SELECT coalesce(max(number), 0) FROM commits) + n AS number
  FROM generate_series(1, :events / 2 / :orders_a_commit) n;
INSERT INTO commits (batch_id, number, committed_at) SELECT batch_id, number, now() FROM waiting ORDER BY number;
INSERT INTO outbox (batch_id, part, events)
  SELECT batch_id, 0, '\x01'::bytea || string_agg(events, ''::bytea ORDER BY place) FROM (
    SELECT w.batch_id, w.number, place,
      int4send(2 * place) || pg_temp.field(gen_random_uuid()) || pg_temp.field('order') ||
      pg_temp.field('order.created') || pg_temp.field('OrderCreated') ||
      pg_temp.field('{"id":"01a200d7-0a4b-7000-8579-457b27d61e86","event_type":"OrderCreated","timestamp":"2026-11-22T01:20:22.603374Z","version":"1.0","data":{"order_id":"' || ids.order_id || '","customer_id":"5b2f8f0e-6f0c-4c38-9d0a-3f1d1b7c2a11","status":"pending","total_amount":"39.98","items_count":2}}') ||
      pg_temp.field(ids.order_id) || int4send(0) || pg_temp.field('01a200a1-2aad-7002-8109-195f1d6588c7') || int4send(0) ||
      int4send(2 * place + 1) || pg_temp.field(gen_random_uuid()) || pg_temp.field('inventory') ||
      pg_temp.field('inventory.reserved') || pg_temp.field('InventoryReserved') ||
      pg_temp.field('{"id":"01a200d7-0a4b-7001-a166-6e3f44f6eeec","event_type":"InventoryReserved","timestamp":"2026-11-22T01:20:22.603374Z","version":"1.0","data":{"reservation_id":"' || ids.order_id || '","order_id":"' || ids.order_id || '","items":[{"product_id":"00000000-0000-0000-0000-000000000001","sku":"BENCH-1","quantity":1},{"product_id":"00000000-0000-0000-0000-000000000002","sku":"BENCH-2","quantity":1}],"warehouse_id":"00000000-0000-0000-0000-000000000001"}}') ||
      pg_temp.field(ids.order_id) || int4send(0) || pg_temp.field('01a200a1-2aad-7002-8109-195f1d6588c7') || int4send(0)
        AS events
    FROM waiting w CROSS JOIN generate_series(0, :orders_a_commit - 1) place
      CROSS JOIN LATERAL (SELECT gen_random_uuid() AS order_id, w.n + place AS n) ids OFFSET 0) made
  GROUP BY batch_id, number ORDER BY number;
COMMIT;
VACUUM (ANALYZE) commits, outbox;
