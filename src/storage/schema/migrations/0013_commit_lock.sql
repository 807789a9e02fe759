-- The order of commits without a row that changes at each of them: under a long snapshot (a dump) its dead versions pile
-- up, and every commit walks over them. A writer locks the one row of commit_lock, which never changes, and takes the
-- number behind the highest of commits in a statement of its own, whose snapshot is made under the lock.
ALTER TABLE change_counter RENAME TO commit_lock;

-- The highest number counts; the newest row of commits is never deleted.
INSERT INTO commits (batch_id, number, committed_at)
SELECT gen_random_uuid(), value, clock_timestamp() FROM commit_lock
WHERE value > (SELECT coalesce(max(number), 0) FROM commits);
ALTER TABLE commit_lock DROP COLUMN value;

-- The number of the last commit that is visible.
CREATE VIEW change_counter AS
SELECT true AS one, coalesce((SELECT max(number) FROM commits), 0) AS value;

-- The release before takes its numbers by UPDATE change_counter SET value = value + 1, and goes on doing so.
CREATE FUNCTION take_change_number() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM 1 FROM commit_lock FOR UPDATE;
  SELECT coalesce(max(number), 0) + NEW.value - OLD.value INTO NEW.value FROM commits;
  RETURN NEW;
END $$;
CREATE TRIGGER take_change_number INSTEAD OF UPDATE ON change_counter
  FOR EACH ROW EXECUTE FUNCTION take_change_number();

-- Whoever could read and update the table can do so still.
DO $$
DECLARE
  granted record;
BEGIN
  FOR granted IN
    SELECT a.grantee::regrole AS role, a.privilege_type AS what FROM pg_class c, aclexplode(c.relacl) a
    WHERE c.oid = 'commit_lock'::regclass AND a.grantee <> 0 AND a.privilege_type IN ('SELECT', 'UPDATE')
  LOOP
    EXECUTE format('GRANT %s ON change_counter TO %s', granted.what, granted.role);
  END LOOP;
END $$;
