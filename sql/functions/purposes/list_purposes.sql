CREATE OR REPLACE FUNCTION consentfeed.list_purposes()
RETURNS TABLE (
    key text, title text, description text, channels text [], legal_basis text, dpv_term text,
    default_validity_days bigint, "position" bigint, offered boolean, notice_version bigint, languages text [],
    titles text [], descriptions text [], tag text
)
LANGUAGE sql STABLE ROWS 20
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT
        purpose.key, purpose.title, purpose.description, purpose.channels, purpose.legal_basis, purpose.dpv_term,
        floor(extract(epoch FROM purpose.default_validity) / 86400)::bigint, purpose.position, purpose.offered,
        notice.version, notice.languages, notice.titles, notice.descriptions,
        consentfeed.purpose_tag(purpose)
    FROM consentfeed.purposes AS purpose
    LEFT JOIN LATERAL (
        SELECT
            published.version, array_agg(published.language ORDER BY published.language) AS languages,
            array_agg(published.title ORDER BY published.language) AS titles,
            array_agg(published.description ORDER BY published.language) AS descriptions
        FROM consentfeed.notices AS published
        WHERE published.purpose = purpose.key AND published.published_at <= statement_timestamp()
        GROUP BY published.version
        ORDER BY published.version DESC
        LIMIT 1
    ) AS notice ON true
    ORDER BY purpose.position, purpose.key
$$;
COMMENT ON FUNCTION consentfeed.list_purposes IS 'All purposes, each with the version of its notice in force and, by language, what it is called there.';
