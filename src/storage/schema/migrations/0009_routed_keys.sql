-- The routing keys that some queue took an event of, at most some hundreds. An event of such a key that no queue takes
-- any more waits for outbox.unroutable_grace before it is dropped. A table of its own: the previous release does not
-- look at it.
CREATE TABLE routed_keys (
  stream text NOT NULL,
  routing_key text NOT NULL,
  last_routed_at timestamptz NOT NULL,
  unroutable_since timestamptz,
  PRIMARY KEY (stream, routing_key)
);
