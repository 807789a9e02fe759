-- The events of a commit are stored in parts, a row a part, and what the broker refused in a table of its own: a commit
-- inserts, reads and deletes one row instead of two an order.
--
-- A part is the byte 1, the format's version, and then one event after the other: its ordinal within the commit as a
-- 4-byte integer (all integers big-endian), and nine fields, each as a 4-byte length and its bytes: message_id (16),
-- stream, routing_key, event_type, body, order_id (16, or none), product_id (16, or none), correlation_id, traceparent.
-- `part` is the ordinal of its first event when it was written.

ALTER TABLE outbox RENAME TO outbox_rows;
ALTER INDEX outbox_pkey RENAME TO outbox_rows_pkey;

CREATE TABLE outbox (
  batch_id uuid NOT NULL,
  part integer NOT NULL,
  events bytea NOT NULL,
  PRIMARY KEY (batch_id, part)
) WITH (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 0,
        toast.autovacuum_vacuum_threshold = 5000, toast.autovacuum_vacuum_scale_factor = 0,
        toast.autovacuum_vacuum_cost_delay = 0);
ALTER TABLE outbox ALTER COLUMN events SET STORAGE EXTERNAL;

-- Events that the broker refused, one row each: their order waits for them. `number` is that of their commit.
CREATE TABLE outbox_quarantine (
  batch_id uuid NOT NULL,
  ordinal integer NOT NULL,
  number bigint NOT NULL,
  message_id uuid NOT NULL,
  stream text NOT NULL,
  routing_key text NOT NULL,
  event_type text NOT NULL,
  body text NOT NULL,
  order_id uuid,
  product_id uuid,
  correlation_id text NOT NULL,
  traceparent text NOT NULL,
  committed_at timestamptz NOT NULL,
  reason text NOT NULL,
  quarantined_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (batch_id, ordinal)
);
CREATE INDEX outbox_quarantine_by_number ON outbox_quarantine (number, ordinal);

INSERT INTO outbox_quarantine (batch_id, ordinal, number, message_id, stream, routing_key, event_type, body, order_id,
                               product_id, correlation_id, traceparent, committed_at, reason, quarantined_at)
SELECT o.batch_id, o.ordinal, c.number, o.message_id, o.stream, o.routing_key, o.event_type, o.body, o.order_id,
       o.product_id, o.correlation_id, o.traceparent, c.committed_at, coalesce(o.held_reason, ''), o.held_at
FROM outbox_rows o JOIN commits c ON c.batch_id = o.batch_id WHERE o.held_at IS NOT NULL;

CREATE FUNCTION pg_temp.field(content bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS
$$ SELECT int4send(coalesce(length(content), 0)) || coalesce(content, '') $$;

-- Parts of at most 256 events and, but for one event more, 128 KiB.
INSERT INTO outbox (batch_id, part, events)
SELECT batch_id, min(ordinal), '\x01'::bytea || string_agg(event, ''::bytea ORDER BY ordinal)
FROM (
  SELECT batch_id, ordinal, event, (sum(length(event)) OVER earlier) / 131072 AS by_size,
         (row_number() OVER earlier - 1) / 256 AS by_count
  FROM (
    SELECT batch_id, ordinal,
           int4send(ordinal) || pg_temp.field(uuid_send(message_id)) || pg_temp.field(convert_to(stream, 'UTF8')) ||
           pg_temp.field(convert_to(routing_key, 'UTF8')) || pg_temp.field(convert_to(event_type, 'UTF8')) ||
           pg_temp.field(convert_to(body, 'UTF8')) || pg_temp.field(uuid_send(order_id)) ||
           pg_temp.field(uuid_send(product_id)) || pg_temp.field(convert_to(correlation_id, 'UTF8')) ||
           pg_temp.field(convert_to(traceparent, 'UTF8')) AS event
    FROM outbox_rows WHERE held_at IS NULL
  ) encoded
  WINDOW earlier AS (PARTITION BY batch_id ORDER BY ordinal)
) placed
GROUP BY batch_id, by_size, by_count;

DROP TABLE outbox_rows;

-- For people: what a part says. A part of another version has no events here.
CREATE FUNCTION outbox_part_events(events bytea)
RETURNS TABLE (ordinal integer, message_id uuid, stream text, routing_key text, event_type text, body text,
               order_id uuid, product_id uuid, correlation_id text, traceparent text)
LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
  place integer := 1;
  size integer;
  fields bytea[];
BEGIN
  IF get_byte(events, 0) <> 1 THEN RETURN; END IF;
  WHILE place < length(events) LOOP
    ordinal := ('x' || encode(substr(events, place + 1, 4), 'hex'))::bit(32)::integer;
    place := place + 4;
    fields := '{}';
    FOR field IN 1..9 LOOP
      size := ('x' || encode(substr(events, place + 1, 4), 'hex'))::bit(32)::integer;
      fields := fields || substr(events, place + 5, size);
      place := place + 4 + size;
    END LOOP;
    message_id := encode(fields[1], 'hex')::uuid;
    stream := convert_from(fields[2], 'UTF8');
    routing_key := convert_from(fields[3], 'UTF8');
    event_type := convert_from(fields[4], 'UTF8');
    body := convert_from(fields[5], 'UTF8');
    order_id := nullif(encode(fields[6], 'hex'), '')::uuid;
    product_id := nullif(encode(fields[7], 'hex'), '')::uuid;
    correlation_id := convert_from(fields[8], 'UTF8');
    traceparent := convert_from(fields[9], 'UTF8');
    RETURN NEXT;
  END LOOP;
END $$;

CREATE VIEW outbox_events AS
SELECT o.batch_id, o.part, e.* FROM outbox o CROSS JOIN LATERAL outbox_part_events(o.events) e;
