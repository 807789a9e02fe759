-- :products products of a billion pieces each, in a database that `logistics-engine migrate` made.
INSERT INTO products (id, sku, name, description, category, attribute_names, attribute_values, created_at, updated_at)
  SELECT lpad(to_hex(n), 32, '0')::uuid, 'BENCH-' || n, 'bench product', '', '', '{}', '{}', now(), now()
  FROM generate_series(1, :products) n;
INSERT INTO stock_levels (product_id, warehouse_id, quantity, reserved, updated_at)
  SELECT id, '00000000-0000-0000-0000-000000000001', 1000000000, 0, now() FROM products;
ANALYZE products, stock_levels;
