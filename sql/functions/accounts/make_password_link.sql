CREATE OR REPLACE FUNCTION consentfeed.make_password_link(user_id uuid, token_sha256 bytea, lifetime interval)
RETURNS TABLE (problem text, expires_at text)
LANGUAGE plpgsql VOLATILE ROWS 1 SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    _account consentfeed.users;
BEGIN
    -- Held, so that an account that is disabled at the same moment is left with no link.
    SELECT account.* INTO _account FROM consentfeed.users AS account
    WHERE account.id = make_password_link.user_id FOR NO KEY UPDATE;
    problem := CASE
        WHEN _account.id IS NULL THEN 'not-found'
        WHEN _account.issuer IS NOT NULL THEN 'outside-password'
        WHEN _account.disabled_at IS NOT NULL THEN 'account-disabled'
    END;
    IF problem IS NULL THEN
        INSERT INTO consentfeed.password_links AS link (user_id, token_sha256, expires_at)
        VALUES (
            _account.id, make_password_link.token_sha256, statement_timestamp() + make_password_link.lifetime
        )
        ON CONFLICT ON CONSTRAINT password_links_pkey DO UPDATE SET
            token_sha256 = excluded.token_sha256, created_at = excluded.created_at, expires_at = excluded.expires_at
        RETURNING consentfeed.rfc3339(link.expires_at) INTO make_password_link.expires_at;
    END IF;
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION consentfeed.make_password_link IS 'Makes the link of an account in place of the one before; until when it can be used, or why not: not-found, outside-password (it is the identity provider''s), account-disabled.';
