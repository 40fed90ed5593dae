CREATE OR REPLACE FUNCTION consentfeed.list_users(query text, after_email text, after_id uuid, max_rows integer)
RETURNS TABLE (account text, email text, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 100
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT consentfeed.user_json(account), account.email_key, account.id
    FROM consentfeed.users AS account
    WHERE (
        query IS NULL OR strpos(account.email_key, consentfeed.folded_address(query)) > 0
        OR account.id::text = lower(query COLLATE "C")
    )
        AND (after_email IS NULL OR (account.email_key, account.id) > (after_email, after_id))
    ORDER BY account.email_key, account.id
    LIMIT max_rows
$$;
COMMENT ON FUNCTION consentfeed.list_users IS 'Accounts by e-mail address, page by page; with a query those whose address contains it, or whose id it is.';
