-- SECURITY INVOKER, so that current_user is whoever runs the statement, as of stamp_actor().
CREATE OR REPLACE FUNCTION consentfeed.stamp_rights_actor()
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
    NEW.text_sha256 := NULL;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION consentfeed.stamp_rights_actor IS 'Trigger of rights_requests: from anyone but our own functions a change is by "database" and the SQL role.';
