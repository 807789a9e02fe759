-- available is a column of its own and nothing is checked: a release in every location (trap 10) or a negative quantity
-- (trap 12) must be able to spoil it. A reservation does not know its location: that is where trap 10 comes from.
CREATE TABLE IF NOT EXISTS items (
  id uuid PRIMARY KEY,
  sku text NOT NULL UNIQUE,
  name text NOT NULL DEFAULT '',
  description text NOT NULL DEFAULT '',
  category text NOT NULL DEFAULT '',
  attributes jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS locations (
  id uuid PRIMARY KEY,
  name text NOT NULL DEFAULT ''
);

CREATE TABLE IF NOT EXISTS levels (
  item_id uuid NOT NULL REFERENCES items (id),
  location_id uuid NOT NULL REFERENCES locations (id),
  quantity bigint NOT NULL,
  reserved bigint NOT NULL DEFAULT 0,
  available bigint NOT NULL,
  last_updated timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (item_id, location_id)
);

-- order_id is what callers know as the reservation's id (trap 1). Nothing sweeps what has expired (trap 8).
CREATE TABLE IF NOT EXISTS reservations (
  id uuid PRIMARY KEY,
  order_id text NOT NULL,
  item_id uuid NOT NULL REFERENCES items (id),
  quantity bigint NOT NULL,
  status text NOT NULL DEFAULT 'pending',
  created_at timestamptz NOT NULL DEFAULT now(),
  completed_at timestamptz,
  expires_at timestamptz NOT NULL DEFAULT now() + interval '24 hours'
);

CREATE INDEX IF NOT EXISTS reservations_order_id ON reservations (order_id);
CREATE INDEX IF NOT EXISTS reservations_pending ON reservations (item_id) WHERE status = 'pending';
