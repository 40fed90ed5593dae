CREATE OR REPLACE FUNCTION consentfeed.find_user(email text)
RETURNS TABLE (id uuid, email text, role text, password_hash text, is_disabled boolean)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT account.id, account.email, account.role, account.password_hash, account.disabled_at IS NOT NULL
    FROM consentfeed.users AS account
    WHERE account.email_key = consentfeed.folded_address(find_user.email) AND account.issuer IS NULL
$$;
COMMENT ON FUNCTION consentfeed.find_user IS 'The account of our own that signs in with this e-mail address, and whether it is disabled.';
