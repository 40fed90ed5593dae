CREATE OR REPLACE FUNCTION consentfeed.erasure_event(
    customer consentfeed.customers, reason_code text, reason_reference text, note_sha256 bytea
)
RETURNS consentfeed.new_event
LANGUAGE sql STABLE PARALLEL SAFE
RETURN ROW('customer-erased', NULL, (customer).id, pg_catalog.concat(
    '"type":"customer-erased","consent_id":null,"customer_id":"', (customer).id,
    '","customer":{"id":"', (customer).id, '","version":', (customer).version,
    ',"erased_at":"', consentfeed.rfc3339((customer).erased_at),
    '"},"timestamp":"', consentfeed.rfc3339((customer).erased_at),
    '","user":{"id":"', (customer).id,
    '"},"actor":{"kind":"', (customer).actor_kind, '","id":', pg_catalog.to_json((customer).actor_id),
    '},"method":', pg_catalog.to_json((customer).method),
    ',"reason":{"code":', pg_catalog.to_json(reason_code), ',"text":null,"reference":',
    coalesce(pg_catalog.to_json(reason_reference)::text, 'null'),
    '},"note_sha256":', coalesce('"' || pg_catalog.encode(note_sha256, 'hex') || '"', 'null'), '}'
))::consentfeed.new_event;

COMMENT ON FUNCTION consentfeed.erasure_event IS 'The event of a customer''s erasure, before it has its place in the log.';
