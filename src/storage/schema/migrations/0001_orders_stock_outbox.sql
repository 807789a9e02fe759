-- The one order of changes. Each writing transaction ends by taking the next number; the row's lock is held until the
-- commit is visible, so numbers have no gaps and nothing commits below a number already seen.
CREATE TABLE change_counter (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  value bigint NOT NULL
) WITH (fillfactor = 10, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);
INSERT INTO change_counter (value) VALUES (0);

-- One row a committed batch. batch_id is made by the writer: inserting it again tells whether a commit whose answer was
-- lost happened. number is NULL where the answer was "never": the row then keeps the lost one out.
CREATE TABLE commits (
  batch_id uuid PRIMARY KEY,
  number bigint UNIQUE,
  committed_at timestamptz NOT NULL
);

CREATE TYPE order_status AS ENUM ('pending', 'processing', 'shipped', 'delivered', 'cancelled', 'returned');

-- No foreign keys between the tables of one order: they are written together by one statement sequence and never
-- deleted, and a key check a row is a fifth of the cost of an order.
CREATE TABLE orders (
  id uuid PRIMARY KEY,
  customer_id uuid NOT NULL,
  warehouse_id uuid NOT NULL,
  status order_status NOT NULL,
  version bigint NOT NULL CHECK (version >= 1),
  currency char(3) NOT NULL,
  total_minor bigint NOT NULL CHECK (total_minor >= 0),
  notes text NOT NULL,
  tracking_number text NOT NULL,
  has_shipping boolean NOT NULL,
  shipping_address_line1 text,
  shipping_address_line2 text,
  shipping_city text,
  shipping_state text,
  shipping_postal_code text,
  shipping_country text,
  shipping_recipient_name text,
  shipping_recipient_phone text,
  shipping_method text,
  shipping_cost_minor bigint,
  has_payment boolean NOT NULL,
  payment_method text,
  payment_transaction_id text,
  payment_amount_minor bigint,
  payment_is_paid boolean,
  payment_date timestamptz,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX orders_by_customer ON orders (customer_id, created_at, id);
CREATE INDEX orders_by_creation ON orders (created_at, id);

CREATE TABLE order_items (
  order_id uuid NOT NULL,
  line_no smallint NOT NULL,
  product_id uuid NOT NULL,
  sku text NOT NULL,
  name text NOT NULL,
  quantity integer NOT NULL CHECK (quantity > 0),
  unit_price_minor bigint NOT NULL CHECK (unit_price_minor >= 0),
  total_price_minor bigint NOT NULL CHECK (total_price_minor >= 0),
  PRIMARY KEY (order_id, line_no)
);

-- One row a change; creation is version 1, without a previous status. Its place in the one order is commits.number.
CREATE TABLE order_status_history (
  order_id uuid NOT NULL,
  version bigint NOT NULL,
  batch_id uuid NOT NULL,
  previous_status order_status,
  new_status order_status NOT NULL,
  changed_by text NOT NULL,
  notes text NOT NULL,
  changed_at timestamptz NOT NULL,
  PRIMARY KEY (order_id, version)
);
CREATE INDEX order_status_history_by_batch ON order_status_history (batch_id);

-- Only orders that were made are remembered.
CREATE TABLE idempotency_keys (
  customer_id uuid NOT NULL,
  key text NOT NULL,
  order_id uuid NOT NULL,
  fingerprint bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (customer_id, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys USING brin (created_at);

CREATE TABLE products (
  id uuid PRIMARY KEY,
  sku text NOT NULL UNIQUE,
  name text NOT NULL,
  description text NOT NULL,
  category text NOT NULL,
  attribute_names text[] NOT NULL,
  attribute_values text[] NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX products_by_category ON products (category, sku);

-- Never oversold, whatever the code does.
CREATE TABLE stock_levels (
  product_id uuid NOT NULL REFERENCES products (id),
  warehouse_id uuid NOT NULL,
  quantity bigint NOT NULL CHECK (quantity BETWEEN 0 AND 2147483647),
  reserved bigint NOT NULL CHECK (reserved >= 0),
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (product_id, warehouse_id),
  CONSTRAINT stock_levels_not_oversold CHECK (reserved <= quantity)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);

-- The movement ledger: the sum of all rows of a level is the level.
CREATE TABLE stock_movements (
  batch_id uuid NOT NULL,
  ordinal integer NOT NULL,
  product_id uuid NOT NULL,
  warehouse_id uuid NOT NULL,
  quantity_delta bigint NOT NULL,
  reserved_delta bigint NOT NULL,
  quantity_after bigint NOT NULL,
  reserved_after bigint NOT NULL,
  cause text NOT NULL CHECK (cause IN ('reserve', 'release', 'commit', 'adjust', 'restock')),
  reservation_id uuid,
  reason text NOT NULL,
  reference text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (batch_id, ordinal)
);

CREATE TABLE reservations (
  id uuid PRIMARY KEY,
  warehouse_id uuid NOT NULL,
  state text NOT NULL CHECK (state IN ('held', 'released', 'committed', 'restocked')),
  product_ids uuid[] NOT NULL,
  skus text[] NOT NULL,
  quantities integer[] NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
) WITH (fillfactor = 80);

-- What the broker has not confirmed. Rows go as they are confirmed; the relay reads after its position.
CREATE TABLE outbox (
  batch_id uuid NOT NULL,
  ordinal integer NOT NULL,
  message_id uuid NOT NULL,
  stream text NOT NULL,
  routing_key text NOT NULL,
  event_type text NOT NULL,
  body text NOT NULL,
  order_id uuid,
  product_id uuid,
  correlation_id text NOT NULL,
  traceparent text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  held_at timestamptz,
  held_reason text,
  PRIMARY KEY (batch_id, ordinal)
) WITH (autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX outbox_held ON outbox (batch_id, ordinal) WHERE held_at IS NOT NULL;

-- Everything at or below it is confirmed or held.
CREATE TABLE outbox_position (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  number bigint NOT NULL,
  ordinal integer NOT NULL
) WITH (fillfactor = 10, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);
INSERT INTO outbox_position (number, ordinal) VALUES (0, 0);

CREATE TABLE leases (
  name text PRIMARY KEY,
  holder uuid NOT NULL,
  expires_at timestamptz NOT NULL
) WITH (fillfactor = 10);

-- Facts about this database: inventory_mode, database_id.
CREATE TABLE engine_facts (
  name text PRIMARY KEY,
  value text NOT NULL
);
INSERT INTO engine_facts (name, value) VALUES ('database_id', gen_random_uuid()::text);
