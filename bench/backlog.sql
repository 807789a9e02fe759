-- :rows commits that wait for the broker, each a row of the outbox with one event: the most rows that so many events can
-- be, as after days without a broker. The daemon does not run meanwhile.
CREATE OR REPLACE FUNCTION pg_temp.field(content text) RETURNS bytea LANGUAGE sql IMMUTABLE AS
  $$ SELECT int4send(octet_length(content)) || convert_to(content, 'UTF8') $$;
CREATE OR REPLACE FUNCTION pg_temp.field(id uuid) RETURNS bytea LANGUAGE sql IMMUTABLE AS
  $$ SELECT int4send(16) || uuid_send(id) $$;
BEGIN;
INSERT INTO commits (batch_id, number, committed_at)
  SELECT gen_random_uuid(), value + n, now() FROM change_counter, generate_series(1, :rows) n;
INSERT INTO outbox (batch_id, part, events)
  SELECT batch_id, 0, '\x01'::bytea ||
    int4send(0) || pg_temp.field(gen_random_uuid()) || pg_temp.field('order') || pg_temp.field('order.created') ||
    pg_temp.field('OrderCreated') || pg_temp.field('{"event_type":"OrderCreated","version":"1.0","data":{"order_id":"' || batch_id || '","customer_id":"5b2f8f0e-6f0c-4c38-9d0a-3f1d1b7c2a11","status":"pending","total_amount":"19.99","items_count":1}}') ||
    pg_temp.field(batch_id) || int4send(0) || pg_temp.field('01a200a1-2aad-7002-8109-195f1d6588c7') || int4send(0)
  FROM commits, outbox_position WHERE commits.number > (SELECT value FROM change_counter);
UPDATE change_counter SET value = value + :rows;
COMMIT;
