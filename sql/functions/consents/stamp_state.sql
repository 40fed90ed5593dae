CREATE OR REPLACE FUNCTION consentfeed.stamp_state()
RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _present consentfeed.consents;
    _notice record;
    _next record;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        _present := OLD;
    ELSE
        _present.id := NEW.id;
        _present.customer_id := NEW.customer_id;
        _present.purpose := NEW.purpose;
        _present.channel := NEW.channel;
        _present.status := 'pending';
        _present.version := 0;
        _present.updated_at := statement_timestamp();
    END IF;

    IF NEW.status = 'pending' AND _present.status <> 'pending' THEN
        RAISE EXCEPTION 'consent % cannot go back to pending', OLD.id
            USING ERRCODE = 'check_violation',
                  HINT = 'An answer was given. Set status to ''granted'', ''revoked'' or ''expired''.';
    END IF;

    SELECT notice.version, notice.language, notice.sha256, purpose.default_validity, purpose.offered, customer.erased_at
    INTO _notice
    FROM consentfeed.purposes AS purpose
    LEFT JOIN consentfeed.customers AS customer ON customer.id = NEW.customer_id
    CROSS JOIN LATERAL consentfeed.notice_in_force(purpose.key, customer.language) AS notice
    WHERE NEW.status = 'granted' AND purpose.key = NEW.purpose;
    IF NEW.status = 'granted' AND _notice.version IS NULL THEN
        RAISE EXCEPTION 'no notice is published for purpose %', NEW.purpose
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'A grant binds the text that was shown: insert it into consentfeed.notices with published_at first.';
    END IF;

    IF NEW.status = 'granted' AND _notice.erased_at IS NOT NULL THEN
        RAISE EXCEPTION 'customer % was erased and can grant nothing', NEW.customer_id
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Register the person anew, under another id, and ask again.';
    END IF;

    SELECT * INTO STRICT _next
    FROM consentfeed.next_state(
        _present, NEW.status, _notice.version, _notice.language, _notice.sha256, _notice.default_validity,
        false -- written again by hand it may be a slip
    );
    IF NOT _next.changes THEN
        RETURN _present;
    END IF;
    IF NEW.status = 'granted' AND NOT _notice.offered THEN
        RAISE EXCEPTION 'purpose % is closed: nobody can grant it any more', NEW.purpose
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Set offered to true in consentfeed.purposes to open it again. Revoking needs nothing.';
    END IF;
    NEW.version := _present.version + 1;
    NEW.updated_at := statement_timestamp();
    NEW.notice_version := _next.notice_version;
    NEW.notice_language := _next.notice_language;
    NEW.notice_sha256 := _next.notice_sha256;
    NEW.granted_at := _next.granted_at;
    NEW.revoked_at := _next.revoked_at;
    NEW.expires_at := _next.expires_at;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION consentfeed.stamp_state IS 'Trigger of consents: decides whether a written status is a change, and fills in version, times and notice. Repeating the present answer leaves the row as it was.';
