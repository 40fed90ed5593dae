CREATE OR REPLACE FUNCTION consentfeed.publish_notice(purpose text, version bigint)
RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _published boolean;
    _newest bigint;
BEGIN
    PERFORM FROM consentfeed.purposes AS held WHERE held.key = publish_notice.purpose FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'not-found';
    END IF;
    SELECT
        coalesce(bool_or(notice.version = publish_notice.version AND notice.published_at IS NOT NULL), false),
        max(notice.version) FILTER (WHERE notice.published_at <= statement_timestamp())
    INTO _published, _newest
    FROM consentfeed.notices AS notice WHERE notice.purpose = publish_notice.purpose;
    IF _published THEN
        RETURN 'notice-published';
    ELSIF _newest > publish_notice.version THEN
        RETURN 'notice-superseded';
    END IF;
    UPDATE consentfeed.notices AS notice SET published_at = statement_timestamp()
    WHERE notice.purpose = publish_notice.purpose AND notice.version = publish_notice.version;
    RETURN CASE WHEN NOT FOUND THEN 'no-draft' END;
END
$$;
COMMENT ON FUNCTION consentfeed.publish_notice IS 'Puts all languages of a draft into force, above the version that is now. Returns why not: not-found (the purpose), notice-published, notice-superseded (a higher version is in force), no-draft; NULL: done.';
