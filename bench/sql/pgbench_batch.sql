-- The rows of 64 orders as the daemon writes them in one commit: a statement a table, one row of the outbox, the commit
-- and its number. :first, as of pgbench_order_statements.sql :id, is the first order's.
\set n :n + 1
\set first (:run * 100 + :client_id) * 1000000000 + :n * 64
\set p random(1, :products)
BEGIN;
SELECT product_id FROM stock_levels WHERE (product_id, warehouse_id) IN (SELECT bench_product(1 + (:p + k) % :products), '00000000-0000-0000-0000-000000000001'::uuid FROM generate_series(0, 127) k) ORDER BY product_id FOR UPDATE;
UPDATE stock_levels l SET reserved = l.reserved + w.pieces, updated_at = now() FROM (SELECT bench_product(1 + (:p + k) % :products) AS id, count(*) AS pieces FROM generate_series(0, 127) k GROUP BY 1) w WHERE l.product_id = w.id AND l.warehouse_id = '00000000-0000-0000-0000-000000000001';
INSERT INTO orders (id, customer_id, warehouse_id, status, version, currency, total_minor, notes, tracking_number, has_shipping, shipping_address_line1, shipping_address_line2, shipping_city, shipping_state, shipping_postal_code, shipping_country, shipping_recipient_name, shipping_recipient_phone, shipping_method, shipping_cost_minor, has_payment, created_at, updated_at)
  SELECT (lpad(to_hex(:first::bigint + k), 31, '0') || '1')::uuid, gen_random_uuid(), '00000000-0000-0000-0000-000000000001', 'pending', 1, 'USD', 3998, '', '', true, '1 Harbour Road', '', 'Rotterdam', '', '3011', 'NL', 'A. Person', '', '', 0, false, now(), now() FROM generate_series(0, 63) k;
INSERT INTO order_items (order_id, line_no, product_id, sku, name, quantity, unit_price_minor, total_price_minor)
  SELECT (lpad(to_hex(:first::bigint + k / 2), 31, '0') || '1')::uuid, 1 + k % 2, bench_product(1 + (:p + k) % :products), 'BENCH-1000', 'bench product', 1, 1999, 1999 FROM generate_series(0, 127) k;
INSERT INTO reservations (keeper, id, warehouse_id, state, product_ids, skus, quantities, created_at, updated_at)
  SELECT 'self', (lpad(to_hex(:first::bigint + k), 31, '0') || '1')::uuid, '00000000-0000-0000-0000-000000000001', 'held', ARRAY[bench_product(1 + (:p + 2 * k) % :products), bench_product(1 + (:p + 2 * k + 1) % :products)], ARRAY['BENCH-1000', 'BENCH-1000'], ARRAY[1, 1], now(), now() FROM generate_series(0, 63) k;
INSERT INTO stock_movements (batch_id, ordinal, product_id, warehouse_id, quantity_delta, reserved_delta, quantity_after, reserved_after, cause, reservation_id, reason, reference, created_at)
  SELECT (lpad(to_hex(:first::bigint), 31, '0') || '2')::uuid, k, bench_product(1 + (:p + k) % :products), '00000000-0000-0000-0000-000000000001', 0, 1, 1000000000, 1, 'reserve', (lpad(to_hex(:first::bigint + k / 2), 31, '0') || '1')::uuid, '', '', now() FROM generate_series(0, 127) k;
INSERT INTO order_status_history (batch_id, order_id, version, previous_status, new_status, changed_by, notes, changed_at)
  SELECT (lpad(to_hex(:first::bigint), 31, '0') || '2')::uuid, (lpad(to_hex(:first::bigint + k), 31, '0') || '1')::uuid, 1, NULL, 'pending', '', '', now() FROM generate_series(0, 63) k;
INSERT INTO outbox (batch_id, part, events) VALUES ((lpad(to_hex(:first::bigint), 31, '0') || '2')::uuid, 0, bench_part(64));
SELECT 1 FROM commit_lock FOR UPDATE;
INSERT INTO commits (batch_id, number, committed_at) SELECT (lpad(to_hex(:first::bigint), 31, '0') || '2')::uuid, value + 1, now() FROM change_counter;
COMMIT;
