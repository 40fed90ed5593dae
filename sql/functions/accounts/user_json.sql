CREATE OR REPLACE FUNCTION consentfeed.user_json(account consentfeed.users)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN pg_catalog.json_build_object(
    'id', (account).id, 'email', (account).email, 'role', (account).role,
    'issuer', (account).issuer,
    'created_at', consentfeed.rfc3339((account).created_at), 'disabled_at', consentfeed.rfc3339((account).disabled_at)
);

COMMENT ON FUNCTION consentfeed.user_json IS 'An account as the API writes it (JSON text), without its password''s hash.';
