-- Rows that this release does not know, because a later one wrote them and was rolled back. They wait for that release;
-- here they are found without a walk over their tables. A release that knows more brings indexes of its own.
CREATE INDEX settlements_unknown ON settlements (reservation_id)
  WHERE steps[1] !~ '^(release|release_again|commit|(restock|restocking) [0-9]{1,9})$';
CREATE INDEX reservations_unknown ON reservations (created_at)
  WHERE state NOT IN ('intent', 'held', 'released', 'committed', 'restocked');
CREATE INDEX payments_unknown ON payments (recorded_at) WHERE outcome NOT IN ('processed', 'failed');

-- A parked message of an event type that the worker does not know.
ALTER TABLE inbox_waiting ADD COLUMN set_aside boolean NOT NULL DEFAULT false;
CREATE INDEX inbox_waiting_set_aside ON inbox_waiting (id) WHERE set_aside;
