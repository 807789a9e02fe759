-- What the scripts for pgbench need beside the products.
CREATE SEQUENCE bench_ids;
-- Ids that rise with time, as the daemon's do: what is measured is the rows, not the scatter of random keys.
CREATE FUNCTION bench_id() RETURNS uuid LANGUAGE sql VOLATILE AS
  $$SELECT (lpad(to_hex(nextval('bench_ids')), 12, '0') || '7000a0000000' || '00000000')::uuid$$;
CREATE FUNCTION bench_product(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
  $$SELECT lpad(to_hex(n), 32, '0')::uuid$$;
-- As many bytes as the two events of an order take in the outbox, for so many orders. Nobody reads them, and a constant
-- is made when the statement is planned, so that Postgres need not write JSON.
CREATE FUNCTION bench_part(orders integer) RETURNS bytea LANGUAGE sql IMMUTABLE AS
  $$SELECT convert_to(repeat(rpad('{"id":"01a200d7-0a4b-7000-8579-457b27d61e86","event_type":"OrderCreated"}', 1110, '-'),
                             orders), 'UTF8')$$;
