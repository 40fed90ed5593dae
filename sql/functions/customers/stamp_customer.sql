-- SECURITY INVOKER, so that current_user is whoever runs the statement. It calls nothing of ours: an SQL role with UPDATE on
-- customers may not.
CREATE OR REPLACE FUNCTION consentfeed.stamp_customer()
RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- Our own functions say who it is; from anyone else it is "database" and the SQL role.
    _recording boolean := current_setting('consentfeed.recording', true) IS NOT DISTINCT FROM 'on'
        AND has_table_privilege('consentfeed.log_order', 'TRUNCATE');
BEGIN
    IF OLD.erased_at IS NOT NULL OR (NEW.erased_at IS NOT NULL AND NOT _recording) THEN
        RAISE EXCEPTION 'customer % is erased by erase_customer() alone, and for good', OLD.id
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Erase with POST /api/v1/customers/{id}/erase; register somebody new under another id.';
    END IF;
    NEW.version := OLD.version + (
        (NEW.name, NEW.email, NEW.msisdn, NEW.language, NEW.reference, NEW.erased_at)
        IS DISTINCT FROM (OLD.name, OLD.email, OLD.msisdn, OLD.language, OLD.reference, OLD.erased_at)
    )::integer;
    -- An erasure empties them without an event of their own.
    NEW.preferences_version := OLD.preferences_version + (
        NEW.erased_at IS NULL AND (NEW.language, NEW.quiet_from, NEW.quiet_to, NEW.quiet_zone, NEW.paused_until)
        IS DISTINCT FROM (OLD.language, OLD.quiet_from, OLD.quiet_to, OLD.quiet_zone, OLD.paused_until)
    )::integer;
    IF (NEW.version, NEW.preferences_version) = (OLD.version, OLD.preferences_version) THEN
        NEW.updated_at := OLD.updated_at;
        NEW.email_changed_at := OLD.email_changed_at;
        NEW.msisdn_changed_at := OLD.msisdn_changed_at;
        NEW.actor_kind := OLD.actor_kind;
        NEW.actor_id := OLD.actor_id;
        NEW.method := OLD.method;
        NEW.reason_code := OLD.reason_code;
        NEW.reason_reference := OLD.reason_reference;
        NEW.note_sha256 := OLD.note_sha256;
        RETURN NEW;
    END IF;
    NEW.updated_at := statement_timestamp();
    NEW.email_changed_at := CASE
        WHEN NEW.email IS DISTINCT FROM OLD.email THEN statement_timestamp() ELSE OLD.email_changed_at
    END;
    NEW.msisdn_changed_at := CASE
        WHEN NEW.msisdn IS DISTINCT FROM OLD.msisdn THEN statement_timestamp() ELSE OLD.msisdn_changed_at
    END;
    IF NOT _recording THEN
        NEW.actor_kind := 'database';
        NEW.actor_id := current_user;
        NEW.method := 'sql';
        NEW.reason_code := NULL;
        NEW.reason_reference := NULL;
        NEW.note_sha256 := NULL;
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION consentfeed.stamp_customer IS 'Trigger of customers: counts the changes of a row and of its contact preferences, and keeps when number and address changed, and by whom. The same values again are no change.';
