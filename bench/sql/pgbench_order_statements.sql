-- The same rows as pgbench_order.sql, in one transaction with a statement a table, as a service without batching
-- writes them. -D run=K keeps the ids of several runs apart, -D n=0 begins each.
\set a random(1, :products)
\set b 1 + :a % :products
\set n :n + 1
\set id (:run * 100 + :client_id) * 1000000000 + :n
BEGIN;
UPDATE stock_levels SET reserved = reserved + 1, updated_at = now() WHERE product_id = ANY(ARRAY[bench_product(:a), bench_product(:b)]) AND warehouse_id = '00000000-0000-0000-0000-000000000001' AND quantity - reserved >= 1;
INSERT INTO orders (id, customer_id, warehouse_id, status, version, currency, total_minor, notes, tracking_number, has_shipping, shipping_address_line1, shipping_address_line2, shipping_city, shipping_state, shipping_postal_code, shipping_country, shipping_recipient_name, shipping_recipient_phone, shipping_method, shipping_cost_minor, has_payment, created_at, updated_at)
  VALUES ((lpad(to_hex(:id::bigint), 31, '0') || '1')::uuid, gen_random_uuid(), '00000000-0000-0000-0000-000000000001', 'pending', 1, 'USD', 3998, '', '', true, '1 Harbour Road', '', 'Rotterdam', '', '3011', 'NL', 'A. Person', '', '', 0, false, now(), now());
INSERT INTO order_items (order_id, line_no, product_id, sku, name, quantity, unit_price_minor, total_price_minor)
  VALUES ((lpad(to_hex(:id::bigint), 31, '0') || '1')::uuid, 1, bench_product(:a), 'BENCH-1000', 'bench product', 1, 1999, 1999),
    ((lpad(to_hex(:id::bigint), 31, '0') || '1')::uuid, 2, bench_product(:b), 'BENCH-1000', 'bench product', 1, 1999, 1999);
INSERT INTO reservations (keeper, id, warehouse_id, state, product_ids, skus, quantities, created_at, updated_at)
  VALUES ('self', (lpad(to_hex(:id::bigint), 31, '0') || '1')::uuid, '00000000-0000-0000-0000-000000000001', 'held', ARRAY[bench_product(:a), bench_product(:b)], ARRAY['BENCH-1000', 'BENCH-1000'], ARRAY[1, 1], now(), now());
\if :products = 1
INSERT INTO stock_movements (batch_id, ordinal, product_id, warehouse_id, quantity_delta, reserved_delta, quantity_after, reserved_after, cause, reservation_id, reason, reference, created_at)
  VALUES ((lpad(to_hex(:id::bigint), 31, '0') || '2')::uuid, 0, bench_product(:a), '00000000-0000-0000-0000-000000000001', 0, 2, 1000000000, 2, 'reserve', (lpad(to_hex(:id::bigint), 31, '0') || '1')::uuid, '', '', now());
\else
INSERT INTO stock_movements (batch_id, ordinal, product_id, warehouse_id, quantity_delta, reserved_delta, quantity_after, reserved_after, cause, reservation_id, reason, reference, created_at)
  VALUES ((lpad(to_hex(:id::bigint), 31, '0') || '2')::uuid, 0, bench_product(:a), '00000000-0000-0000-0000-000000000001', 0, 1, 1000000000, 1, 'reserve', (lpad(to_hex(:id::bigint), 31, '0') || '1')::uuid, '', '', now()),
    ((lpad(to_hex(:id::bigint), 31, '0') || '2')::uuid, 1, bench_product(:b), '00000000-0000-0000-0000-000000000001', 0, 1, 1000000000, 1, 'reserve', (lpad(to_hex(:id::bigint), 31, '0') || '1')::uuid, '', '', now());
\endif
INSERT INTO order_status_history (batch_id, order_id, version, previous_status, new_status, changed_by, notes, changed_at)
  VALUES ((lpad(to_hex(:id::bigint), 31, '0') || '2')::uuid, (lpad(to_hex(:id::bigint), 31, '0') || '1')::uuid, 1, NULL, 'pending', '', '', now());
INSERT INTO outbox (batch_id, part, events) VALUES ((lpad(to_hex(:id::bigint), 31, '0') || '2')::uuid, 0, bench_part(1));
COMMIT;
