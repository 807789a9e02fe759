-- The replicas that live, by Postgres' clock: a release writes a new form of rows only when no older one lives, and the
-- inventory mode is switched only when no replica of the other mode does.
CREATE TABLE replicas (
  id uuid PRIMARY KEY,
  release text NOT NULL,
  inventory_mode text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  seen_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);
