-- What others tell us: payments, messages that are done and messages that wait. Tables of their own: the previous
-- release does not look at them.

-- Payments of orders, by a message (message_id) or brought along at the order's creation (neither payment_id nor
-- message_id). An order has at most one that was processed; one that failed cancelled its order.
CREATE TABLE payments (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id uuid NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('processed', 'failed')),
  payment_id uuid,
  amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
  currency char(3) NOT NULL,
  payment_method text NOT NULL,
  transaction_id text NOT NULL,
  error_code text NOT NULL,
  error_message text NOT NULL,
  message_id text,
  recorded_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX payments_by_payment_id ON payments (payment_id) WHERE payment_id IS NOT NULL;
CREATE INDEX payments_by_order ON payments (order_id);

-- Messages whose effect is committed, for as long as they may come again.
CREATE TABLE inbox_done (
  consumer text NOT NULL,
  message_id text NOT NULL,
  done_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer, message_id)
);
CREATE INDEX inbox_done_by_age ON inbox_done USING brin (done_at) WITH (autosummarize = on);

-- Messages that are tried again later, acked to the broker. Those of one order wait in the order of their ids.
CREATE TABLE inbox_waiting (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  consumer text NOT NULL,
  message_id text NOT NULL,
  order_id uuid NOT NULL,
  exchange text NOT NULL,
  routing_key text NOT NULL,
  event_type text NOT NULL,
  body text NOT NULL,
  correlation_id text NOT NULL,
  traceparent text NOT NULL,
  attempts integer NOT NULL CHECK (attempts >= 0),
  arrived_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  due_at timestamptz NOT NULL,
  last_error text NOT NULL,
  UNIQUE (consumer, message_id)
) WITH (fillfactor = 70, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX inbox_waiting_by_order ON inbox_waiting (consumer, order_id, id);
