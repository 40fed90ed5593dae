CREATE OR REPLACE FUNCTION consentfeed.find_user(email text)
RETURNS TABLE (id uuid, email text, role text, password_hash text)
LANGUAGE sql STABLE ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT account.id, account.email, account.role, account.password_hash
    FROM consentfeed.users AS account
    WHERE lower(account.email) = lower(find_user.email) AND account.disabled_at IS NULL
$$;
COMMENT ON FUNCTION consentfeed.find_user IS 'The account that signs in with this e-mail address, unless disabled.';
