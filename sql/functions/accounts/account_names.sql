CREATE OR REPLACE FUNCTION consentfeed.account_names(ids uuid [])
RETURNS TABLE (id uuid, name text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT account.id, coalesce(account.name, account.email) FROM consentfeed.users AS account WHERE account.id = ANY (ids)
$$;
COMMENT ON FUNCTION consentfeed.account_names IS 'Whose these accounts are, by name, else by address; no row for an id that is no account''s.';
