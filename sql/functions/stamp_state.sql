CREATE OR REPLACE FUNCTION consentfeed.stamp_state()
RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _old consentfeed.consents := NEW;
    _now timestamptz := statement_timestamp();
    _language text := NEW.notice_language;
    _notice consentfeed.notices;
    _changed boolean;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        _old := OLD;
    ELSE
        _old.status := 'pending';
        _old.version := 0;
        _old.notice_version := NULL;
        _old.notice_language := NULL;
        _old.notice_sha256 := NULL;
        _old.granted_at := NULL;
        _old.revoked_at := NULL;
        _old.expires_at := NULL;
        _old.updated_at := _now;
        _old.actor_kind := NULL;
        _old.actor_id := NULL;
        _old.method := NULL;
        _old.reason_code := NULL;
        _old.reason_reference := NULL;
        _old.note_sha256 := NULL;
    END IF;

    IF NEW.status = 'pending' AND _old.status <> 'pending' THEN
        RAISE EXCEPTION 'consent % cannot go back to pending', OLD.id
            USING ERRCODE = 'check_violation',
                  HINT = 'An answer was given. Set status to ''granted'', ''revoked'' or ''expired''.';
    END IF;

    _changed := NEW.status <> _old.status;
    IF NEW.status = 'granted' THEN
        IF NEW.notice_language IS NULL THEN
            SELECT customer.language INTO _language
            FROM consentfeed.customers AS customer WHERE customer.id = NEW.customer_id;
        END IF;
        SELECT notice.* INTO _notice FROM consentfeed.notice_in_force(NEW.purpose, _language) AS notice;
        IF _notice.version IS NULL THEN
            RAISE EXCEPTION 'no notice is published for purpose %', NEW.purpose
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = 'A grant binds the text that was shown: insert it into consentfeed.notices with published_at first.';
        END IF;
        IF NEW.notice_version <> _notice.version THEN
            RAISE EXCEPTION 'another notice for purpose % has just come into force', NEW.purpose
                USING ERRCODE = 'serialization_failure', HINT = 'Repeat the transaction.';
        END IF;
        _changed := consentfeed.current_status(_old.status, _old.expires_at) <> 'granted'
            OR _notice.version IS DISTINCT FROM _old.notice_version;
    END IF;
    IF NOT _changed THEN
        RETURN _old;
    END IF;

    NEW.version := _old.version + 1;
    NEW.updated_at := _now;
    NEW.notice_version := _old.notice_version;
    NEW.notice_language := _old.notice_language;
    NEW.notice_sha256 := _old.notice_sha256;
    NEW.granted_at := _old.granted_at;
    NEW.revoked_at := NULL;
    CASE NEW.status
        WHEN 'granted' THEN
            NEW.notice_version := _notice.version;
            NEW.notice_language := _notice.language;
            NEW.notice_sha256 := _notice.sha256;
            NEW.granted_at := _now;
            NEW.expires_at := _now + (
                SELECT purpose.default_validity FROM consentfeed.purposes AS purpose WHERE purpose.key = NEW.purpose
            );
        WHEN 'revoked' THEN
            NEW.revoked_at := _now;
            NEW.expires_at := NULL;
        ELSE
            NEW.expires_at := least(_old.expires_at, _now);
    END CASE;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION consentfeed.stamp_state IS 'Trigger of consents: decides whether a written status is a change, and fills in version, times and notice. Repeating the present answer leaves the row as it was.';
