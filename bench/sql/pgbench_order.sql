-- The rows of one order of two items, in one transaction and one statement: what a service without batching would
-- write, at its best. The change counter and the commits row are ours alone and are left out. :products = 1 is the hot
-- product. Two orders lock their levels in the order of the index, so that they do not deadlock.
\set a random(1, :products)
\set b 1 + :a % :products
WITH ids AS MATERIALIZED (SELECT bench_id() AS order_id, bench_id() AS batch_id, gen_random_uuid() AS customer_id,
    bench_product(:a) AS a, bench_product(:b) AS b, '00000000-0000-0000-0000-000000000001'::uuid AS warehouse_id),
level AS (UPDATE stock_levels SET reserved = reserved + 1, updated_at = now()
    WHERE product_id = ANY(ARRAY[bench_product(:a), bench_product(:b)])
    AND warehouse_id = '00000000-0000-0000-0000-000000000001' AND quantity - reserved >= 1
    RETURNING product_id, quantity, reserved),
enough AS MATERIALIZED (SELECT count(*) AS levels FROM level),
o AS (INSERT INTO orders (id, customer_id, warehouse_id, status, version, currency, total_minor, notes, tracking_number,
    has_shipping, shipping_address_line1, shipping_address_line2, shipping_city, shipping_state, shipping_postal_code,
    shipping_country, shipping_recipient_name, shipping_recipient_phone, shipping_method, shipping_cost_minor,
    has_payment, created_at, updated_at)
  SELECT order_id, customer_id, warehouse_id, 'pending', 1, 'USD', 3998, '', '', true, '1 Harbour Road', '', 'Rotterdam',
    '', '3011', 'NL', 'A. Person', '', '', 0, false, now(), now() FROM ids, enough WHERE levels > 0),
i AS (INSERT INTO order_items (order_id, line_no, product_id, sku, name, quantity, unit_price_minor, total_price_minor)
  SELECT order_id, line_no, product_id, 'BENCH-1000', 'bench product', 1, 1999, 1999 FROM ids, enough,
    LATERAL (VALUES (1, a), (2, b)) AS line(line_no, product_id) WHERE levels > 0),
r AS (INSERT INTO reservations (keeper, id, warehouse_id, state, product_ids, skus, quantities, created_at, updated_at)
  SELECT 'self', order_id, warehouse_id, 'held', ARRAY[a, b], ARRAY['BENCH-1000', 'BENCH-1000'], ARRAY[1, 1], now(),
    now() FROM ids, enough WHERE levels > 0),
m AS (INSERT INTO stock_movements (batch_id, ordinal, product_id, warehouse_id, quantity_delta, reserved_delta,
    quantity_after, reserved_after, cause, reservation_id, reason, reference, created_at)
  SELECT batch_id, row_number() OVER (), product_id, warehouse_id, 0, 1, quantity, reserved, 'reserve', order_id, '', '',
    now() FROM ids, level),
h AS (INSERT INTO order_status_history (batch_id, order_id, version, previous_status, new_status, changed_by, notes,
    changed_at) SELECT batch_id, order_id, 1, NULL, 'pending', '', '', now() FROM ids, enough WHERE levels > 0)
INSERT INTO outbox (batch_id, part, events) SELECT batch_id, 0, bench_part(1) FROM ids, enough WHERE levels > 0;
