CREATE OR REPLACE FUNCTION consentfeed.publish_notice(
    purpose text, version bigint,
    actor_kind text DEFAULT 'database', actor_id text DEFAULT current_user, method text DEFAULT 'sql',
    expected text [] DEFAULT NULL
)
RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _published boolean;
    _drafted boolean;
    _newest bigint;
    _since timestamptz;
BEGIN
    PERFORM FROM consentfeed.purposes AS held WHERE held.key = publish_notice.purpose FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'not-found';
    END IF;
    SELECT
        coalesce(bool_or(notice.version = publish_notice.version AND notice.published_at IS NOT NULL), false),
        coalesce(bool_or(notice.version = publish_notice.version AND notice.published_at IS NULL), false),
        max(notice.version) FILTER (WHERE notice.published_at <= statement_timestamp()),
        max(notice.published_at) FILTER (WHERE notice.version = publish_notice.version)
    INTO _published, _drafted, _newest, _since
    FROM consentfeed.notices AS notice WHERE notice.purpose = publish_notice.purpose;
    IF NOT consentfeed.state_fits(
        consentfeed.notice_tag(publish_notice.purpose, publish_notice.version, NULL), expected
    ) THEN
        RETURN 'stale';
    ELSIF NOT _drafted THEN
        RETURN CASE WHEN _published THEN 'notice-published' ELSE 'no-draft' END;
    ELSIF _newest > publish_notice.version AND NOT _published THEN
        RETURN 'notice-superseded';
    END IF;
    PERFORM set_config('consentfeed.recording', 'on', true); -- what stamp_notice() looks for
    UPDATE consentfeed.notices AS notice SET
        -- Not before the languages that wait for their time already: one of them would put the whole version into force.
        published_at = greatest(statement_timestamp(), _since),
        actor_kind = publish_notice.actor_kind, actor_id = publish_notice.actor_id, method = publish_notice.method
    WHERE notice.purpose = publish_notice.purpose AND notice.version = publish_notice.version
        AND notice.published_at IS NULL;
    PERFORM set_config('consentfeed.recording', 'off', true);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION consentfeed.publish_notice IS 'Puts all languages of a draft into force, above the version that is now; of a version that is published, the languages that were added since. Returns why not: not-found (the purpose), notice-published, notice-superseded (a higher version is in force), no-draft, stale (its texts are not as expected, see state_fits); NULL: done.';
