-- Reservations made in a span of time: what came up while two services' books were compared, and what the peer is told
-- again. They are made in the order of this column, so the index is a few pages and costs an insert next to nothing.
CREATE INDEX reservations_by_creation ON reservations USING brin (created_at) WITH (autosummarize = on);
