-- Every table of a database that has been used, in the sizes that $rows orders bring. What waits for somebody, such as
-- orders that are pending and settlements, has the same size always; the outbox grows with the orders.
CREATE FUNCTION pg_temp.id(kind text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
$$ SELECT md5(kind || n)::uuid $$;
CREATE FUNCTION pg_temp.order_id(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
$$ SELECT (lpad(to_hex(1700000000000 + n * 1000), 12, '0') || '7' || substr(md5(n::text), 1, 3) || '8' ||
           substr(md5(n::text), 4, 15))::uuid $$;

INSERT INTO products
SELECT pg_temp.id('product', i), 'SKU-' || lpad(i::text, 9, '0'), 'A product', '', 'category ' || i % 10, '{}', '{}',
       now(), now()
FROM generate_series(0, $rows / 10 - 1) i;
INSERT INTO stock_levels SELECT id, pg_temp.id('warehouse', 0), 1000000, 0, now() FROM products;

INSERT INTO commits
SELECT pg_temp.id('batch', i), i, now() - ($rows / 8 - i) * interval '8 seconds' FROM generate_series(1, $rows / 8) i;
UPDATE outbox_position SET number = $rows / 16, ordinal = 2147483647;
INSERT INTO outbox SELECT batch_id, 0, '\x01' FROM commits WHERE number > $rows / 16 AND number <= $rows / 8;

-- A third of the orders are of one customer; the others have some thirteen each. The last hundred are pending.
CREATE TEMP TABLE made AS
SELECT i, pg_temp.order_id(i) AS id, 1 + (i - 1) / 8 AS commit,
       (CASE WHEN i > $rows - 100 THEN 'pending' WHEN i % 20 = 0 THEN 'cancelled' WHEN i % 97 = 0 THEN 'returned'
             ELSE 'delivered' END)::order_status AS status,
       pg_temp.id('customer', CASE WHEN i % 3 = 0 THEN 0 ELSE 1 + i % ($rows / 20) END) AS customer_id,
       pg_temp.id('product', i % ($rows / 10)) AS product_id, now() - ($rows - i) * interval '1 second' AS at
FROM generate_series(1, $rows) i;
INSERT INTO orders
SELECT id, customer_id, pg_temp.id('warehouse', 0), status, CASE status WHEN 'pending' THEN 1 ELSE 3 END, 'USD',
       1 + i::bigint * 7919 % 100000, '', '', true, 'Main street 1', '', 'Springfield', '', '12345', 'US', 'A name', '', '', 0,
       true, 'card', '', 0, false, NULL, at, at
FROM made ORDER BY i;
INSERT INTO order_items SELECT id, line, product_id, 'SKU', 'A product', 1, 100, 100
FROM made, generate_series(1, 2) line ORDER BY i;
INSERT INTO order_status_history
SELECT id, version, pg_temp.id('batch', commit), NULL, status, '', '', at
FROM made, generate_series(1, CASE status WHEN 'pending' THEN 1 ELSE 3 END) version ORDER BY i;
INSERT INTO stock_movements
SELECT pg_temp.id('batch', commit), (i - 1) % 8 * 2 + step, product_id, pg_temp.id('warehouse', 0), 0, 1, 1000000, 1,
       CASE step WHEN 0 THEN 'reserve' ELSE 'commit' END, id, '', '', at
FROM made, generate_series(0, 1) step ORDER BY i;
INSERT INTO idempotency_keys
SELECT customer_id, 'key ' || i, id, '\x00', now() - CASE WHEN i <= 100 THEN 50 ELSE 40.0 * (1 - i / $rows.0) END * interval '1 hour'
FROM made ORDER BY i;
INSERT INTO payments (order_id, outcome, payment_id, amount_minor, currency, payment_method, transaction_id, error_code,
                      error_message, message_id, recorded_at)
SELECT id, 'processed', pg_temp.id('payment', i), 100, 'USD', 'card', 'tx', '', '', 'message ' || i, at
FROM made ORDER BY i;
INSERT INTO inbox_done SELECT 'payments', 'message ' || i, now() -
  CASE WHEN i <= 100 THEN 8 ELSE 6 * (1 - i / $rows.0) END * interval '1 day' FROM made ORDER BY i;
INSERT INTO adjustment_requests
SELECT 'request ' || i, product_id, pg_temp.id('warehouse', 0), 1,
       now() - CASE WHEN i <= 100 THEN 30 ELSE 20 * (1 - i / $rows.0) END * interval '1 hour' FROM made ORDER BY i;

INSERT INTO reservations (id, warehouse_id, state, product_ids, skus, quantities, keeper, external_text, created_at,
                          updated_at)
SELECT id, pg_temp.id('warehouse', 0),
       CASE WHEN status = 'pending' THEN 'held' WHEN i <= 200 THEN 'released' ELSE 'committed' END,
       ARRAY[product_id], '{SKU}', '{1}', CASE WHEN i <= 200 OR i > $rows - 40 THEN 'peer' ELSE 'self' END, '', at, at
FROM made ORDER BY i;
INSERT INTO reservations
SELECT pg_temp.id('old', i), pg_temp.id('warehouse', 0), 'held', ARRAY[pg_temp.id('product', i)], '{SKU}', '{1}',
       now() - interval '25 hours', now(), 'self', 'old ' || i FROM generate_series(0, 19) i;
UPDATE stock_levels l SET reserved = h.pieces
FROM (SELECT r.product_ids[1] AS product_id, count(*) AS pieces FROM reservations r WHERE r.state = 'held'
      GROUP BY 1) h WHERE l.product_id = h.product_id;
INSERT INTO reservations
SELECT pg_temp.id(state, i), pg_temp.id('warehouse', 0), state, ARRAY[pg_temp.id('product', i)], '{SKU}', '{1}', now(),
       now(), 'peer', '' FROM generate_series(0, 19) i, unnest('{intent}'::text[]) state;

-- What waits.
INSERT INTO settlements (reservation_id, steps, reason, due_at, created_at)
SELECT id, '{release}', 'waits', now() + CASE WHEN i < 20 THEN '0'::interval ELSE '1 hour' END, at
FROM made WHERE i <= 200 ORDER BY i;
INSERT INTO restocks_in_doubt SELECT id, product_id, pg_temp.id('warehouse', 0), 'SKU', 1, 'lost' FROM made WHERE i <= 50;
INSERT INTO outbox_quarantine
SELECT pg_temp.id('batch', i), 1000, i, pg_temp.id('event', i), 'order', 'order.created', 'OrderCreated', '{}',
       pg_temp.order_id(i), NULL, '', '', now(), 'refused' FROM generate_series(1, 100) i;
INSERT INTO inbox_waiting (consumer, message_id, order_id, exchange, routing_key, event_type, body, correlation_id,
                           traceparent, attempts, due_at, last_error)
SELECT 'payments', 'waits ' || i, pg_temp.order_id(i), 'payment_events', 'payment.processed', 'PaymentProcessed', '{}',
       '', '', 1, now() + interval '1 hour', 'not yet' FROM generate_series(1, 100) i;
INSERT INTO routed_keys SELECT 'order', 'order.' || i, now(), NULL FROM generate_series(1, 100) i;
DROP TABLE made;
