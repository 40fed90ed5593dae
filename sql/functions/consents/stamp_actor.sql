-- SECURITY INVOKER, so that current_user is whoever runs the statement: the appending trigger runs later, for many rows
-- and perhaps many actors, and could not know. It calls nothing of ours: an SQL role with UPDATE on consents may not.
CREATE OR REPLACE FUNCTION consentfeed.stamp_actor()
RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.actor_kind := 'database';
    NEW.actor_id := current_user;
    NEW.method := 'sql';
    NEW.reason_code := NULL;
    NEW.reason_reference := NULL;
    NEW.note_sha256 := NULL;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION consentfeed.stamp_actor IS 'Trigger of consents: whatever a statement says about who did it counts only inside our own functions; from anyone else it is "database" and the SQL role.';
