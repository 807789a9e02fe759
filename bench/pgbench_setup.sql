-- The products that bench/pgbench_order.sql orders, in a database that `logistics-engine migrate` made.
CREATE SEQUENCE bench_ids;
-- Ids that rise with time, as the daemon's do: what is measured is the rows, not the scatter of random keys.
CREATE FUNCTION bench_id() RETURNS uuid LANGUAGE sql VOLATILE AS
  $$SELECT (lpad(to_hex(nextval('bench_ids')), 12, '0') || '7000a0000000' || '00000000')::uuid$$;
INSERT INTO products (id, sku, name, description, category, attribute_names, attribute_values, created_at, updated_at)
  SELECT lpad(to_hex(n), 32, '0')::uuid, 'BENCH-' || n, 'bench product', '', '', '{}', '{}', now(), now()
  FROM generate_series(1, 100) n;
INSERT INTO stock_levels (product_id, warehouse_id, quantity, reserved, updated_at)
  SELECT id, '00000000-0000-0000-0000-000000000001', 1000000000, 0, now() FROM products;
