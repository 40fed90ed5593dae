CREATE OR REPLACE FUNCTION consentfeed.rights_texts_json(request_id uuid)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(json_agg(json_build_object(
        'version', written.version, 'part', written.part, 'at', consentfeed.rfc3339(written.written_at),
        'by', written.author_kind, 'text', written.text
    ) ORDER BY written.version, written.part), '[]')::text
    FROM consentfeed.rights_texts AS written
    WHERE written.request_id = rights_texts_json.request_id
$$;
COMMENT ON FUNCTION consentfeed.rights_texts_json IS 'What was written in a request, oldest first, as JSON text; text is null once emptied.';
