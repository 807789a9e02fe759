-- The same rows as pgbench_order.sql, in one transaction with a statement a table, as a service without batching
-- writes them. -D run=K keeps the ids of several runs apart, -D n=0 begins each.
\set product random(1, :products)
\set n :n + 1
\set id (:run * 100 + :client_id) * 1000000000 + :n
BEGIN;
UPDATE stock_levels SET reserved = reserved + 1, updated_at = now() WHERE product_id = lpad(to_hex(:product::integer), 32, '0')::uuid AND warehouse_id = '00000000-0000-0000-0000-000000000001' AND quantity - reserved >= 1;
INSERT INTO orders (id, customer_id, warehouse_id, status, version, currency, total_minor, notes, tracking_number, has_shipping, shipping_address_line1, shipping_address_line2, shipping_city, shipping_state, shipping_postal_code, shipping_country, shipping_recipient_name, shipping_recipient_phone, shipping_method, shipping_cost_minor, has_payment, created_at, updated_at)
  VALUES ((lpad(to_hex(:id::bigint), 31, '0') || '1')::uuid, gen_random_uuid(), '00000000-0000-0000-0000-000000000001', 'pending', 1, 'USD', 1999, '', '', true, '1 Harbour Road', '', 'Rotterdam', '', '3011', 'NL', 'A. Person', '', '', 0, false, now(), now());
INSERT INTO order_items (order_id, line_no, product_id, sku, name, quantity, unit_price_minor, total_price_minor)
  VALUES ((lpad(to_hex(:id::bigint), 31, '0') || '1')::uuid, 1, lpad(to_hex(:product::integer), 32, '0')::uuid, 'BENCH', 'bench product', 1, 1999, 1999);
INSERT INTO reservations (keeper, id, warehouse_id, state, product_ids, skus, quantities, created_at, updated_at)
  VALUES ('self', (lpad(to_hex(:id::bigint), 31, '0') || '1')::uuid, '00000000-0000-0000-0000-000000000001', 'held', ARRAY[lpad(to_hex(:product::integer), 32, '0')::uuid], ARRAY['BENCH'], ARRAY[1], now(), now());
INSERT INTO stock_movements (batch_id, ordinal, product_id, warehouse_id, quantity_delta, reserved_delta, quantity_after, reserved_after, cause, reservation_id, reason, reference, created_at)
  VALUES ((lpad(to_hex(:id::bigint), 31, '0') || '2')::uuid, 0, lpad(to_hex(:product::integer), 32, '0')::uuid, '00000000-0000-0000-0000-000000000001', 0, 1, 1000000000, 1, 'reserve', (lpad(to_hex(:id::bigint), 31, '0') || '1')::uuid, '', '', now());
INSERT INTO order_status_history (batch_id, order_id, version, previous_status, new_status, changed_by, notes, changed_at)
  VALUES ((lpad(to_hex(:id::bigint), 31, '0') || '2')::uuid, (lpad(to_hex(:id::bigint), 31, '0') || '1')::uuid, 1, NULL, 'pending', '', '', now());
INSERT INTO outbox (batch_id, part, events) VALUES ((lpad(to_hex(:id::bigint), 31, '0') || '2')::uuid, 0, convert_to('{"id":"01a200d7-0a4b-7000-8579-457b27d61e86","event_type":"OrderCreated","timestamp":"2026-11-22T01:20:22.603374Z","version":"1.0","data":{"order_id":"01a200d7-0a49-7001-84a9-f585cf569c80","customer_id":"5b2f8f0e-6f0c-4c38-9d0a-3f1d1b7c2a11","status":"pending","total_amount":"19.99","items_count":1}} order order.created OrderCreated 01a200a1-2aad-7002-8109-195f1d6588c7{"id":"01a200d7-0a4b-7001-a166-6e3f44f6eeec","event_type":"InventoryReserved","timestamp":"2026-11-22T01:20:22.603374Z","version":"1.0","data":{"reservation_id":"01a200d7-0a49-7001-84a9-f585cf569c80","order_id":"01a200d7-0a49-7001-84a9-f585cf569c80","items":[{"product_id":"01a200d7-0747-7001-bae3-005891a23745","sku":"BENCH","quantity":1}],"warehouse_id":"00000000-0000-0000-0000-000000000001"}} inventory inventory.reserved InventoryReserved 01a200a1-2aad-7002-8109-195f1d6588c7', 'UTF8'));
COMMIT;
