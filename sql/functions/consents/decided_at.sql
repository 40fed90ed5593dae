-- Without SET, so that the planner inlines it.
CREATE OR REPLACE FUNCTION consentfeed.decided_at(consent consentfeed.consents)
RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN (consent).version = 0 THEN NULL
    WHEN (consent).method = 'import' THEN coalesce((consent).revoked_at, (consent).granted_at)
    -- That its time ran out was nobody's decision.
    WHEN (consent).method = 'expiry' THEN (consent).granted_at
    ELSE (consent).updated_at
END;

COMMENT ON FUNCTION consentfeed.decided_at IS 'When the decision was made by which a consent is as it is; NULL: there was none.';
