CREATE OR REPLACE FUNCTION consentfeed.save_draft(
    purpose text, version bigint, language text, text text, title text DEFAULT NULL, description text DEFAULT NULL,
    expected text [] DEFAULT NULL
)
RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- Held also by publish_notice(): a draft must not change while it is published.
    PERFORM FROM consentfeed.purposes AS held WHERE held.key = save_draft.purpose FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'not-found';
    ELSIF EXISTS (
        SELECT FROM consentfeed.notices AS notice
        WHERE notice.purpose = save_draft.purpose AND notice.version = save_draft.version
            AND notice.language = save_draft.language AND notice.published_at IS NOT NULL
    ) THEN
        RETURN 'notice-published';
    ELSIF NOT consentfeed.state_fits(
        consentfeed.notice_tag(save_draft.purpose, save_draft.version, save_draft.language), expected
    ) THEN
        RETURN 'stale';
    END IF;
    INSERT INTO consentfeed.notices AS kept (purpose, version, language, text, title, description)
    VALUES (
        save_draft.purpose, save_draft.version, save_draft.language, save_draft.text,
        save_draft.title, save_draft.description
    )
    ON CONFLICT ON CONSTRAINT notices_pkey DO UPDATE SET
        text = excluded.text,
        title = coalesce(save_draft.title, kept.title), description = coalesce(save_draft.description, kept.description);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION consentfeed.save_draft IS 'Writes one language of a notice that is not published yet; title and description are the purpose''s where none are given. Returns why not: not-found (the purpose), notice-published (in this language; a language that a published version lacks may be added), stale (it is not as expected, see state_fits); NULL: done.';
