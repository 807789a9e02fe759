-- The keeper of a reservation's stock: 'self', with movements in our ledger, or 'peer'. The keeper at its making ends
-- it, whatever the mode is by then. Every reservation in our books has a movement, so one without is the peer's. No
-- default: a replica of an earlier release fails instead of leaving the keeper out.
ALTER TABLE reservations ADD COLUMN keeper text NOT NULL DEFAULT 'self' CHECK (keeper IN ('self', 'peer'));
ALTER TABLE reservations ALTER COLUMN keeper DROP DEFAULT;
UPDATE reservations r SET keeper = 'peer'
  WHERE NOT EXISTS (SELECT 1 FROM stock_movements m WHERE m.reservation_id = r.id);

-- The text of an external reservation where that is not its id; else empty.
ALTER TABLE reservations ADD COLUMN external_text text NOT NULL DEFAULT '';

-- Pieces of a cancelled or returned order that did not go back to their level, because it would rise above its limit.
-- An operator counts, adjusts, and deletes the row.
CREATE TABLE restocks_refused (LIKE restocks_in_doubt INCLUDING ALL);
