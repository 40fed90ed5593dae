-- Without SET and with a body bound when created, so that the planner can inline it into the statements of decisions.
CREATE OR REPLACE FUNCTION consentfeed.notice_in_force(purpose text, language text)
RETURNS SETOF consentfeed.notices
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
    SELECT notice.*
    FROM consentfeed.notices AS notice
    WHERE notice.purpose = notice_in_force.purpose AND notice.published_at <= pg_catalog.statement_timestamp()
    ORDER BY
        notice.version DESC,
        -- Of several tags that the language may be looked up by, the longest says most.
        coalesce(consentfeed.language_fits(notice_in_force.language, notice.language), false) DESC,
        CASE
            WHEN consentfeed.language_fits(notice_in_force.language, notice.language) THEN pg_catalog.length(notice.language)
        END DESC,
        (notice.language = 'en') DESC, notice.language COLLATE pg_catalog."C"
    LIMIT 1;
END;

COMMENT ON FUNCTION consentfeed.notice_in_force IS 'The notice a grant binds: the highest published version, in the language asked for (looked up by RFC 4647), else English, else any; no row where nothing is published.';
