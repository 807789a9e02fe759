-- Inventory that another service keeps: what it is about to be asked, and what it has still to be told.

-- 'intent': the peer is about to be asked, or was; no order yet. The previous release never meets one: it knows no peer.
ALTER TABLE reservations DROP CONSTRAINT reservations_state_check;
ALTER TABLE reservations ADD CONSTRAINT reservations_state_check
  CHECK (state IN ('intent', 'held', 'released', 'committed', 'restocked')) NOT VALID;
CREATE INDEX reservations_intents ON reservations (created_at) WHERE state = 'intent';

-- The idempotency key that an intent claimed: freed when the intent comes to nothing.
CREATE TABLE intent_keys (
  reservation_id uuid PRIMARY KEY,
  customer_id uuid NOT NULL,
  key text NOT NULL
);

-- One row a reservation for as long as the peer has to be told something. `steps` in their order, the first is next:
-- 'release', 'release_again', 'commit', 'restock N' (item N of the reservation, from 0), 'restocking N' (said, the answer
-- not known yet).
CREATE TABLE settlements (
  reservation_id uuid PRIMARY KEY,
  steps text[] NOT NULL,
  reason text NOT NULL,
  due_at timestamptz NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  last_error text NOT NULL DEFAULT '',
  claim uuid,
  claimed_until timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX settlements_due ON settlements (due_at);

-- Pieces that the peer was told to put back, and whether it did is not known: saying it again could put them back
-- twice. A person decides.
CREATE TABLE restocks_in_doubt (
  reservation_id uuid NOT NULL,
  product_id uuid NOT NULL,
  warehouse_id uuid NOT NULL,
  sku text NOT NULL,
  quantity integer NOT NULL,
  reason text NOT NULL,
  since timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (reservation_id, product_id)
);
