CREATE OR REPLACE FUNCTION consentfeed.change_password(
    user_id uuid, former_hash text, password_hash text, session_id uuid
)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE consentfeed.users AS account SET password_hash = change_password.password_hash
    WHERE account.id = change_password.user_id AND account.password_hash = change_password.former_hash
        AND account.issuer IS NULL AND account.disabled_at IS NULL;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM consentfeed.password_links AS link WHERE link.user_id = change_password.user_id;
    -- A statement of its own: it also sees a session that was opened while the first one waited.
    UPDATE consentfeed.sessions AS session SET ended_at = statement_timestamp()
    WHERE session.user_id = change_password.user_id AND session.ended_at IS NULL
        AND session.id IS DISTINCT FROM change_password.session_id;
    RETURN true;
END
$$;
COMMENT ON FUNCTION consentfeed.change_password IS 'Changes the password of an account whose hash is still the one that was checked, and ends its other sessions (NULL: all of them) and its link; returns whether it did. Of two changes at once one succeeds.';
