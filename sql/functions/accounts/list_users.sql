CREATE OR REPLACE FUNCTION consentfeed.list_users(query text, after_email text, after_id uuid, max_rows integer)
RETURNS TABLE (account text, email text, id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100
SET search_path = pg_catalog, pg_temp
-- Planned with the values: before PostgreSQL 18 a page deep in the list would read all accounts before it.
SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    RETURN QUERY
        SELECT consentfeed.user_json(kept), kept.email_key, kept.id
        FROM consentfeed.users AS kept
        WHERE (
            query IS NULL OR strpos(kept.email_key, consentfeed.folded_address(query)) > 0
            OR kept.id::text = lower(query COLLATE "C")
        )
            AND (after_email IS NULL OR (kept.email_key, kept.id) > (after_email, after_id))
        ORDER BY kept.email_key, kept.id
        LIMIT max_rows;
END
$$;
COMMENT ON FUNCTION consentfeed.list_users IS 'Accounts by e-mail address, page by page; with a query those whose address contains it, or whose id it is.';
