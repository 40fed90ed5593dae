-- SECURITY INVOKER, so that current_user is whoever runs the statement: the appending trigger runs later, for many rows
-- and perhaps many actors, and could not know. It calls nothing of ours: an SQL role with UPDATE on consents may not.
CREATE OR REPLACE FUNCTION consentfeed.stamp_actor()
RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- Anyone can make the setting, but then is not the owner; the owner may be a person in psql, but then the setting is
    -- off. Both together are record_decisions() and its like, which run as the owner and make it while they update.
    -- (An owner who makes it by hand could as well replace this function.)
    IF current_setting('consentfeed.recording', true) = 'on' AND current_user = (
        SELECT pg_get_userbyid(relation.relowner) FROM pg_class AS relation WHERE relation.oid = TG_RELID
    ) THEN
        RETURN NEW;
    END IF;
    NEW.actor_kind := 'database';
    NEW.actor_id := current_user;
    NEW.method := 'sql';
    NEW.reason_code := NULL;
    NEW.reason_reference := NULL;
    NEW.note_sha256 := NULL;
    NEW.notice_version := NULL;
    NEW.notice_language := NULL;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION consentfeed.stamp_actor IS 'Trigger of consents: whatever a statement says about who did it counts only inside our own functions; from anyone else it is "database" and the SQL role.';
