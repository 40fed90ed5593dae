CREATE OR REPLACE FUNCTION consentfeed.set_password(user_id uuid, password_hash text)
RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _account consentfeed.users;
BEGIN
    SELECT account.* INTO _account FROM consentfeed.users AS account
    WHERE account.id = set_password.user_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'not-found';
    ELSIF _account.issuer IS NOT NULL THEN
        RETURN 'outside-password';
    END IF;
    UPDATE consentfeed.users AS account SET password_hash = set_password.password_hash WHERE account.id = _account.id;
    DELETE FROM consentfeed.password_links AS link WHERE link.user_id = _account.id;
    UPDATE consentfeed.sessions AS session SET ended_at = statement_timestamp()
    WHERE session.user_id = _account.id AND session.ended_at IS NULL;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION consentfeed.set_password IS 'Gives an account another password, and ends its sessions and its link. Returns why not: not-found, outside-password (it is the identity provider''s); NULL: done.';
