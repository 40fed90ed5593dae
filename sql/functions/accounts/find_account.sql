CREATE OR REPLACE FUNCTION consentfeed.find_account(id uuid)
RETURNS TABLE (id uuid, email text, role text, password_hash text, issuer text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT account.id, account.email, account.role, account.password_hash, account.issuer
    FROM consentfeed.users AS account
    WHERE account.id = find_account.id AND account.disabled_at IS NULL
$$;
COMMENT ON FUNCTION consentfeed.find_account IS 'The account with this id, unless disabled; issuer is the identity provider that signs it in, NULL for one of our own.';
