CREATE OR REPLACE FUNCTION consentfeed.notice_tag(purpose text, version bigint, language text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT consentfeed.state_tag(array_agg(
        consentfeed.state_tag(ARRAY[
            notice.language, notice.title, notice.description, notice.text, (notice.published_at IS NULL)::text
        ])
        ORDER BY notice.language
    ))
    FROM consentfeed.notices AS notice
    WHERE notice.purpose = notice_tag.purpose AND notice.version = notice_tag.version
        AND notice.language = coalesce(notice_tag.language, notice.language)
    HAVING count(*) > 0
$$;
COMMENT ON FUNCTION consentfeed.notice_tag IS 'The entity tag of a version of a notice in one language, or in all of them (NULL); NULL where there is none.';
