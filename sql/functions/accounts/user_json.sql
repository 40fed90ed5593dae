CREATE OR REPLACE FUNCTION consentfeed.user_json(account consentfeed.users)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN pg_catalog.json_build_object(
    'id', (account).id, 'email', (account).email,
    'name', coalesce(
        (account).name,
        (SELECT customer.name FROM consentfeed.customers AS customer WHERE customer.id = (account).customer_id)
    ),
    'role', (account).role, 'issuer', (account).issuer, 'created_at', consentfeed.rfc3339((account).created_at),
    'last_sign_in_at', consentfeed.rfc3339((account).last_sign_in_at),
    'disabled_at', consentfeed.rfc3339((account).disabled_at), 'tag', consentfeed.user_tag(account)
);

COMMENT ON FUNCTION consentfeed.user_json IS 'An account as the API writes it (JSON text), without its password''s hash; a customer''s has the customer''s name.';
