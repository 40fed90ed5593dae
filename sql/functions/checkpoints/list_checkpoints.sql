CREATE OR REPLACE FUNCTION consentfeed.list_checkpoints(before bigint, max_rows integer)
RETURNS TABLE (size bigint, root bytea, made_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off -- the plan is kept, and the table may have been empty when it was made
AS $$
BEGIN
    RETURN QUERY
        SELECT made.size, made.root, made.made_at FROM consentfeed.checkpoints AS made
        WHERE made.size < coalesce(list_checkpoints.before, 9223372036854775807)
        ORDER BY made.size DESC
        LIMIT max_rows;
END
$$;
COMMENT ON FUNCTION consentfeed.list_checkpoints IS 'Checkpoints, the newest first; with before given, those over fewer events.';
