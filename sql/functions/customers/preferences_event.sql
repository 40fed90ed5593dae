-- Which members changed, and no value: the log cannot be erased.
CREATE OR REPLACE FUNCTION consentfeed.preferences_event(customer consentfeed.customers, changed text [])
RETURNS consentfeed.new_event
LANGUAGE sql STABLE PARALLEL SAFE
RETURN ROW('preferences-updated', NULL, (customer).id, pg_catalog.concat(
    '"type":"preferences-updated","consent_id":null,"customer_id":"', (customer).id,
    '","preferences":{"customer_id":"', (customer).id, '","version":', (customer).preferences_version,
    ',"changed":', pg_catalog.to_json(changed),
    '},"timestamp":"', consentfeed.rfc3339((customer).updated_at),
    '","user":{"id":"', (customer).id,
    '"},"actor":{"kind":"', (customer).actor_kind, '","id":', pg_catalog.to_json((customer).actor_id),
    '},"method":', pg_catalog.to_json((customer).method),
    ',"reason":', CASE
        WHEN (customer).reason_code IS NULL THEN 'null'
        ELSE pg_catalog.concat(
            '{"code":', pg_catalog.to_json((customer).reason_code), ',"text":null,"reference":',
            coalesce(pg_catalog.to_json((customer).reason_reference)::text, 'null'), '}'
        )
    END,
    ',"note_sha256":', coalesce('"' || pg_catalog.encode((customer).note_sha256, 'hex') || '"', 'null'), '}'
))::consentfeed.new_event;

COMMENT ON FUNCTION consentfeed.preferences_event IS 'The event of a customer''s last change of contact preferences, before it has its place in the log.';
