CREATE OR REPLACE FUNCTION consentfeed.disable_user(email text)
RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH account AS (
        UPDATE consentfeed.users AS account SET disabled_at = coalesce(account.disabled_at, statement_timestamp())
        WHERE account.email_key = consentfeed.folded_address(disable_user.email)
        RETURNING account.id
    ),
    withdrawn AS (
        DELETE FROM consentfeed.password_links AS link USING account WHERE link.user_id = account.id
    ),
    ended AS (
        UPDATE consentfeed.sessions AS session SET ended_at = statement_timestamp()
        FROM account
        WHERE session.user_id = account.id AND session.ended_at IS NULL
    )
    SELECT EXISTS (SELECT FROM account)
$$;
COMMENT ON FUNCTION consentfeed.disable_user IS 'Disables the accounts with this e-mail address, an identity provider''s too, and ends their sessions and links; returns whether there is one.';
