CREATE OR REPLACE FUNCTION consentfeed.list_notices(purpose text)
RETURNS TABLE (version bigint, language text, title text, description text, text text, sha256 text, published_at text, in_force boolean)
LANGUAGE sql STABLE ROWS 20
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT
        notice.version, notice.language, notice.title, notice.description, notice.text, encode(notice.sha256, 'hex'),
        consentfeed.rfc3339(notice.published_at),
        coalesce(notice.published_at <= statement_timestamp() AND notice.version = (
            SELECT max(published.version) FROM consentfeed.notices AS published
            WHERE published.purpose = list_notices.purpose AND published.published_at <= statement_timestamp()
        ), false)
    FROM consentfeed.notices AS notice
    WHERE notice.purpose = list_notices.purpose
    ORDER BY notice.version DESC, notice.language
$$;
COMMENT ON FUNCTION consentfeed.list_notices IS 'All notices of a purpose, drafts too, newest version first, and which are in force.';
