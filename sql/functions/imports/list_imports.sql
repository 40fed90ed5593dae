CREATE OR REPLACE FUNCTION consentfeed.list_imports(after_time text, after_id uuid, max_rows integer)
RETURNS TABLE (
    id uuid, source text, actor_kind text, actor_id text, actor_name text, started_at text, last_at text, recorded bigint,
    unchanged bigint, superseded bigint, skipped bigint, erased bigint, refused bigint
)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 100
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT
        kept.id, kept.source, kept.actor_kind, kept.actor_id, coalesce(account.name, account.email),
        consentfeed.rfc3339(kept.started_at), consentfeed.rfc3339(kept.last_at), kept.recorded, kept.unchanged,
        kept.superseded, kept.skipped, kept.erased, kept.refused
    FROM consentfeed.imports AS kept
    LEFT JOIN consentfeed.users AS account ON account.id::text = kept.actor_id
    WHERE after_id IS NULL OR (kept.started_at, kept.id) < (after_time::timestamptz, after_id)
    ORDER BY kept.started_at DESC, kept.id DESC
    LIMIT max_rows
$$;
COMMENT ON FUNCTION consentfeed.list_imports IS 'Imports, newest first, page by page.';
