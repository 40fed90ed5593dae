CREATE OR REPLACE FUNCTION consentfeed.find_password_link(token_sha256 bytea)
RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (
        SELECT FROM consentfeed.password_links AS link JOIN consentfeed.users AS account ON account.id = link.user_id
        WHERE link.token_sha256 = find_password_link.token_sha256 AND link.expires_at > statement_timestamp()
            AND account.disabled_at IS NULL
    )
$$;
COMMENT ON FUNCTION consentfeed.find_password_link IS 'Whether there is a link with this token that can be used now.';
