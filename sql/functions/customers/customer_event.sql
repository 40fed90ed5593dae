-- Which members changed, and no value: the log cannot be erased.
CREATE OR REPLACE FUNCTION consentfeed.customer_event(customer consentfeed.customers, changed text [])
RETURNS consentfeed.new_event
LANGUAGE sql STABLE PARALLEL SAFE
RETURN ROW('customer-updated', NULL, (customer).id, pg_catalog.concat(
    '"type":"customer-updated","consent_id":null,"customer_id":"', (customer).id,
    '","customer":{"id":"', (customer).id, '","version":', (customer).version,
    ',"changed":', pg_catalog.to_json(changed),
    '},"timestamp":"', consentfeed.rfc3339((customer).updated_at),
    '","user":{"id":"', (customer).id,
    '"},"actor":{"kind":"', (customer).actor_kind, '","id":', pg_catalog.to_json((customer).actor_id),
    '},"method":', pg_catalog.to_json((customer).method), ',"reason":null,"note_sha256":null}'
))::consentfeed.new_event;

COMMENT ON FUNCTION consentfeed.customer_event IS 'The event of a customer''s last change, before it has its place in the log.';
