CREATE OR REPLACE FUNCTION consentfeed.stamp_notice()
RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        RAISE EXCEPTION 'notices are not truncated'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'People have agreed to these very texts. Drafts can be deleted one by one.';
    END IF;
    IF TG_OP <> 'INSERT' AND OLD.published_at IS NOT NULL THEN
        RAISE EXCEPTION 'notice %/%/% is published and cannot be changed', OLD.purpose, OLD.version, OLD.language
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'People have agreed to this very text. Publish a new version instead.';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    -- People agreed under these words: a purpose that is renamed later must not change them.
    IF NEW.title IS NULL OR NEW.description IS NULL THEN
        SELECT coalesce(NEW.title, purpose.title), coalesce(NEW.description, purpose.description)
        INTO NEW.title, NEW.description
        FROM consentfeed.purposes AS purpose
        WHERE purpose.key = NEW.purpose;
    END IF;
    -- A row that logical replication brings was published elsewhere, by whom it says.
    IF current_setting('session_replication_role') <> 'replica' AND (
        NEW.published_at IS NULL OR current_setting('consentfeed.recording', true) IS DISTINCT FROM 'on'
        OR NOT has_table_privilege('consentfeed.log_order', 'TRUNCATE')
    ) THEN
        NEW.actor_kind := CASE WHEN NEW.published_at IS NOT NULL THEN 'database' END;
        NEW.actor_id := CASE WHEN NEW.published_at IS NOT NULL THEN current_user::text END;
        NEW.method := CASE WHEN NEW.published_at IS NOT NULL THEN 'sql' END;
    END IF;
    NEW.sha256 := sha256(convert_to(NEW.text, 'UTF8'));
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION consentfeed.stamp_notice IS 'Trigger of notices: fills in title and description, hashes the text, says who published it, and refuses to touch what is published.';
