CREATE OR REPLACE FUNCTION consentfeed.change_user(
    id uuid, actor uuid, role text, disabled boolean, expected text [] DEFAULT NULL
)
RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _admins uuid[];
    _before consentfeed.users;
    _after consentfeed.users;
BEGIN
    -- All of them are held, in one order: two admins who disable each other at once would leave nobody.
    _admins := ARRAY(
        SELECT account.id FROM consentfeed.users AS account
        WHERE account.role = 'admin' AND account.disabled_at IS NULL
        ORDER BY account.id FOR NO KEY UPDATE
    );
    SELECT account.* INTO _before FROM consentfeed.users AS account
    WHERE account.id = change_user.id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'not-found';
    ELSIF NOT consentfeed.state_fits(consentfeed.user_tag(_before), expected) THEN
        RETURN 'stale';
    END IF;
    _after := _before;
    _after.role := coalesce(change_user.role, _before.role);
    _after.disabled_at := CASE
        WHEN change_user.disabled THEN coalesce(_before.disabled_at, statement_timestamp())
        WHEN NOT change_user.disabled THEN NULL
        ELSE _before.disabled_at
    END;
    IF _after.role <> _before.role AND 'customer' IN (_before.role, _after.role) THEN
        RETURN 'customer-account';
    ELSIF _after.role <> _before.role AND _before.issuer IS NOT NULL THEN
        RETURN 'outside-account';
    ELSIF _before.id = ANY (_admins) AND (_after.role <> 'admin' OR _after.disabled_at IS NOT NULL) THEN
        IF _before.id = actor THEN
            RETURN 'own-account';
        ELSIF cardinality(_admins) = 1 THEN
            RETURN 'last-admin';
        END IF;
    END IF;
    UPDATE consentfeed.users AS account SET role = _after.role, disabled_at = _after.disabled_at
    WHERE account.id = _before.id;
    IF _after.disabled_at IS NOT NULL THEN
        DELETE FROM consentfeed.password_links AS link WHERE link.user_id = _before.id;
    END IF;
    IF _after.role <> _before.role OR _after.disabled_at IS NOT NULL THEN
        UPDATE consentfeed.sessions AS session SET ended_at = statement_timestamp()
        WHERE session.user_id = _before.id AND session.ended_at IS NULL;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION consentfeed.change_user IS 'Gives an account another role, disables or enables it (NULL: as it is); another role and disabling end its sessions, disabling its link too. Returns why not: not-found, stale (it is not as expected, see state_fits), customer-account, outside-account (its role is the identity provider''s to give), own-account (of the actor), last-admin; NULL: done.';
