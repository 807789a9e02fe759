-- Holds whose time may be over, oldest first: what the sweeper reads page by page.
CREATE INDEX reservations_held_by_age ON reservations (created_at, id) WHERE state = 'held';
