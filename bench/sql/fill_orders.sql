-- The orders :from_n to :to_n of long ago, delivered, with the rows that they left: two items each, 20 of them a commit.
-- :first_half says which of two halves of the tables: two sessions fill the tables side by side. The daemon does not run meanwhile.
SET synchronous_commit = off;
CREATE FUNCTION pg_temp.order_id(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
  $$ SELECT (lpad(to_hex(1700000000000 + n * 1000), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid $$;
CREATE FUNCTION pg_temp.batch_id(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
  $$ SELECT (lpad(to_hex(1700000000000 + n / 20 * 20000), 12, '0') || '70018000' || lpad(to_hex(n / 20), 12, '0'))::uuid $$;
CREATE FUNCTION pg_temp.product_id(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
  $$ SELECT lpad(to_hex(1 + n % 1000), 32, '0')::uuid $$;
\if :first_half
INSERT INTO orders (id, customer_id, warehouse_id, status, version, currency, total_minor, notes, tracking_number,
    has_shipping, shipping_address_line1, shipping_address_line2, shipping_city, shipping_state, shipping_postal_code,
    shipping_country, shipping_recipient_name, shipping_recipient_phone, shipping_method, shipping_cost_minor,
    has_payment, created_at, updated_at)
  SELECT pg_temp.order_id(n), gen_random_uuid(), '00000000-0000-0000-0000-000000000001', 'delivered', 1, 'USD', 3998, '',
    '', true, '1 Harbour Road', '', 'Rotterdam', '', '3011', 'NL', 'A. Person', '', '', 0, false,
    to_timestamp(1700000000 + n), to_timestamp(1700000000 + n) FROM generate_series(:from_n::bigint, :to_n) n;
INSERT INTO order_status_history (batch_id, order_id, version, previous_status, new_status, changed_by, notes, changed_at)
  SELECT pg_temp.batch_id(n), pg_temp.order_id(n), 1, NULL, 'pending', '', '', to_timestamp(1700000000 + n)
  FROM generate_series(:from_n::bigint, :to_n) n;
VACUUM (ANALYZE) orders, order_status_history;
\else
INSERT INTO commits (batch_id, number, committed_at)
  SELECT pg_temp.batch_id(n), (SELECT coalesce(max(number), 0) FROM commits) + row_number() OVER (ORDER BY n), now()
  FROM generate_series(:from_n::bigint / 20 * 20, :to_n, 20) n;
INSERT INTO order_items (order_id, line_no, product_id, sku, name, quantity, unit_price_minor, total_price_minor)
  SELECT pg_temp.order_id(n), line_no, pg_temp.product_id(n + line_no), 'BENCH-1000', 'bench product', 1, 1999, 1999
  FROM generate_series(:from_n::bigint, :to_n) n, generate_series(1, 2) line_no;
INSERT INTO reservations (keeper, id, warehouse_id, state, product_ids, skus, quantities, created_at, updated_at)
  SELECT 'self', pg_temp.order_id(n), '00000000-0000-0000-0000-000000000001', 'committed',
    ARRAY[pg_temp.product_id(n + 1), pg_temp.product_id(n + 2)], ARRAY['BENCH-1000', 'BENCH-1000'], ARRAY[1, 1],
    to_timestamp(1700000000 + n), to_timestamp(1700000000 + n) FROM generate_series(:from_n::bigint, :to_n) n;
INSERT INTO stock_movements (batch_id, ordinal, product_id, warehouse_id, quantity_delta, reserved_delta, quantity_after,
    reserved_after, cause, reservation_id, reason, reference, created_at)
  SELECT pg_temp.batch_id(n), n % 20 * 2 + line_no, pg_temp.product_id(n + line_no),
    '00000000-0000-0000-0000-000000000001', 0, 1, 1000000000, 1, 'reserve', pg_temp.order_id(n), '', '',
    to_timestamp(1700000000 + n)
  FROM generate_series(:from_n::bigint, :to_n) n, generate_series(1, 2) line_no;
VACUUM (ANALYZE) commits, order_items, reservations, stock_movements;
\endif
