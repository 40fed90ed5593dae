CREATE OR REPLACE FUNCTION consentfeed.ended_sessions(sessions uuid [], accounts uuid [], roles text [])
RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT asked.id
    FROM unnest(sessions) AS asked (id)
    WHERE NOT EXISTS (
        SELECT FROM consentfeed.sessions AS session JOIN consentfeed.users AS account ON account.id = session.user_id
        WHERE session.id = asked.id AND consentfeed.session_open(session) AND account.disabled_at IS NULL
    )
    UNION ALL
    SELECT account.id
    FROM unnest(accounts, roles) AS asked (id, role) JOIN consentfeed.users AS account ON account.id = asked.id
    -- The role of an account from outside is its provider's to say, by each token anew.
    WHERE account.disabled_at IS NOT NULL OR (account.issuer IS NULL AND account.role <> asked.role)
    UNION ALL
    SELECT customer.id
    FROM unnest(accounts, roles) AS asked (id, role) JOIN consentfeed.customers AS customer ON customer.id = asked.id
    WHERE asked.role = 'customer' AND customer.erased_at IS NOT NULL
$$;
COMMENT ON FUNCTION consentfeed.ended_sessions IS 'Which of these sessions are no longer open, and which of these accounts are disabled, of an erased customer or, if they are our own, have another role than is claimed (the nth role is of the nth account): whose streams a node must close.';
