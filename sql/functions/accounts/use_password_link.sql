CREATE OR REPLACE FUNCTION consentfeed.use_password_link(token_sha256 bytea, password_hash text)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _account uuid;
BEGIN
    -- The account first, as where it is disabled or another link is made: neither waits for the other both ways round.
    SELECT account.id INTO _account
    FROM consentfeed.users AS account
    WHERE account.disabled_at IS NULL AND account.id = (
        SELECT link.user_id FROM consentfeed.password_links AS link
        WHERE link.token_sha256 = use_password_link.token_sha256
    )
    FOR NO KEY UPDATE;
    DELETE FROM consentfeed.password_links AS link
    WHERE link.user_id = _account AND link.token_sha256 = use_password_link.token_sha256
        AND link.expires_at > statement_timestamp();
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE consentfeed.users AS account SET password_hash = use_password_link.password_hash WHERE account.id = _account;
    UPDATE consentfeed.sessions AS session SET ended_at = statement_timestamp()
    WHERE session.user_id = _account AND session.ended_at IS NULL;
    RETURN true;
END
$$;
COMMENT ON FUNCTION consentfeed.use_password_link IS 'Uses a link up: sets the password of its account, and ends all its sessions. Returns whether it could be used.';
