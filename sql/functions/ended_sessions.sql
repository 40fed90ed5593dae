CREATE OR REPLACE FUNCTION consentfeed.ended_sessions(sessions uuid [], accounts uuid [])
RETURNS SETOF uuid
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT asked.id
    FROM unnest(sessions) AS asked (id)
    WHERE NOT EXISTS (
        SELECT FROM consentfeed.sessions AS session JOIN consentfeed.users AS account ON account.id = session.user_id
        WHERE session.id = asked.id AND session.ended_at IS NULL
            AND session.expires_at > statement_timestamp() AND account.disabled_at IS NULL
    )
    UNION ALL
    SELECT account.id FROM consentfeed.users AS account WHERE account.id = ANY (accounts) AND account.disabled_at IS NOT NULL
$$;
COMMENT ON FUNCTION consentfeed.ended_sessions IS 'Which of these sessions are no longer open, and which of these accounts are disabled: whose streams a node must close.';
