-- Request ids of adjustments, for a day: the same one again changes nothing twice.
CREATE TABLE adjustment_requests (
  request_id text PRIMARY KEY,
  product_id uuid NOT NULL,
  warehouse_id uuid NOT NULL,
  delta bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX adjustment_requests_by_age ON adjustment_requests USING brin (created_at) WITH (autosummarize = on);
