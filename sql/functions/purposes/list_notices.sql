CREATE OR REPLACE FUNCTION consentfeed.list_notices(purpose text)
RETURNS TABLE (
    version bigint, language text, title text, description text, text text, sha256 text, published_at text, in_force boolean,
    granted bigint,
    tag text, version_tag text
)
LANGUAGE sql STABLE ROWS 20
SET search_path = pg_catalog, pg_temp
AS $$
    -- Reads all consents: no index is kept up at each decision for what an admin looks at now and then.
    WITH agreed AS (
        SELECT consent.notice_version, consent.notice_language, count(*) AS granted
        FROM consentfeed.consents AS consent
        WHERE consent.purpose = list_notices.purpose
            AND consentfeed.current_status(consent.status, consent.expires_at) = 'granted'
        GROUP BY consent.notice_version, consent.notice_language
    )
    SELECT
        notice.version, notice.language, notice.title, notice.description, notice.text, encode(notice.sha256, 'hex'),
        consentfeed.rfc3339(notice.published_at),
        coalesce(notice.published_at <= statement_timestamp() AND notice.version = (
            SELECT max(published.version) FROM consentfeed.notices AS published
            WHERE published.purpose = list_notices.purpose AND published.published_at <= statement_timestamp()
        ), false),
        coalesce(agreed.granted, 0),
        consentfeed.notice_tag(notice.purpose, notice.version, notice.language),
        consentfeed.notice_tag(notice.purpose, notice.version, NULL)
    FROM consentfeed.notices AS notice
    LEFT JOIN agreed ON agreed.notice_version = notice.version AND agreed.notice_language = notice.language
    WHERE notice.purpose = list_notices.purpose
    ORDER BY notice.version DESC, notice.language
$$;
COMMENT ON FUNCTION consentfeed.list_notices IS 'All notices of a purpose, drafts too, newest version first, which are in force, and how many consents stand granted under each.';
