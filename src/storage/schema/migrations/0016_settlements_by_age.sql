-- The oldest settlement, and those that wait for long, of however many wait.
CREATE INDEX CONCURRENTLY settlements_by_age ON settlements (created_at);
