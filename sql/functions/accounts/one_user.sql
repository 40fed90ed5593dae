CREATE OR REPLACE FUNCTION consentfeed.one_user(id uuid)
RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT consentfeed.user_json(account) FROM consentfeed.users AS account WHERE account.id = one_user.id
$$;
COMMENT ON FUNCTION consentfeed.one_user IS 'One account as the API writes it; NULL where there is none.';
