-- Reservations that have ended, oldest first: the deletion of old ones reads them page by page.
CREATE INDEX CONCURRENTLY reservations_ended_by_age ON reservations (updated_at, id)
  WHERE state IN ('released', 'committed', 'restocked');
