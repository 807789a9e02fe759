-- The rows of one order, in one transaction and one statement: what a service without batching would write, at its best. The
-- change counter and the commits row are ours alone and are left out. :products = 1 is the hot product.
\set product random(1, :products)
WITH ids AS MATERIALIZED (SELECT bench_id() AS order_id, bench_id() AS batch_id, gen_random_uuid() AS customer_id,
    bench_id() AS event1, bench_id() AS event2, lpad(to_hex(:product::integer), 32, '0')::uuid AS product_id,
    '00000000-0000-0000-0000-000000000001'::uuid AS warehouse_id),
level AS (UPDATE stock_levels l SET reserved = l.reserved + 1, updated_at = now() FROM ids
    WHERE l.product_id = ids.product_id AND l.warehouse_id = ids.warehouse_id AND l.quantity - l.reserved >= 1
    RETURNING l.quantity, l.reserved),
o AS (INSERT INTO orders (id, customer_id, warehouse_id, status, version, currency, total_minor, notes, tracking_number,
    has_shipping, shipping_address_line1, shipping_address_line2, shipping_city, shipping_state, shipping_postal_code,
    shipping_country, shipping_recipient_name, shipping_recipient_phone, shipping_method, shipping_cost_minor,
    has_payment, created_at, updated_at)
  SELECT order_id, customer_id, warehouse_id, 'pending', 1, 'USD', 1999, '', '', true, '1 Harbour Road', '', 'Rotterdam',
    '', '3011', 'NL', 'A. Person', '', '', 0, false, now(), now() FROM ids, level),
i AS (INSERT INTO order_items (order_id, line_no, product_id, sku, name, quantity, unit_price_minor, total_price_minor)
  SELECT order_id, 1, product_id, 'BENCH', 'bench product', 1, 1999, 1999 FROM ids, level),
r AS (INSERT INTO reservations (keeper, id, warehouse_id, state, product_ids, skus, quantities, created_at, updated_at)
  SELECT 'self', order_id, warehouse_id, 'held', ARRAY[product_id], ARRAY['BENCH'], ARRAY[1], now(), now() FROM ids, level),
m AS (INSERT INTO stock_movements (batch_id, ordinal, product_id, warehouse_id, quantity_delta, reserved_delta,
    quantity_after, reserved_after, cause, reservation_id, reason, reference, created_at)
  SELECT batch_id, 0, product_id, warehouse_id, 0, 1, quantity, reserved, 'reserve', order_id, '', '', now()
  FROM ids, level),
h AS (INSERT INTO order_status_history (batch_id, order_id, version, previous_status, new_status, changed_by, notes,
    changed_at) SELECT batch_id, order_id, 1, NULL, 'pending', '', '', now() FROM ids, level)
INSERT INTO outbox (batch_id, part, events)
  SELECT batch_id, 0, convert_to(format('{"id":"%s","event_type":"OrderCreated","timestamp":"%s","version":"1.0","data":{"order_id":"%s","customer_id":"%s","status":"pending","total_amount":"19.99","items_count":1}} order order.created OrderCreated 01a200a1-2aad-7002-8109-195f1d6588c7', event1, now(), order_id, customer_id) || format('{"id":"%s","event_type":"InventoryReserved","timestamp":"%s","version":"1.0","data":{"reservation_id":"%s","order_id":"%s","items":[{"product_id":"%s","sku":"BENCH","quantity":1}],"warehouse_id":"%s"}} inventory inventory.reserved InventoryReserved 01a200a1-2aad-7002-8109-195f1d6588c7', event2, now(), order_id, order_id, product_id, warehouse_id), 'UTF8')
  FROM ids, level;
