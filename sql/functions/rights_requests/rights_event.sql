CREATE OR REPLACE FUNCTION consentfeed.rights_event(request consentfeed.rights_requests)
RETURNS consentfeed.new_event
LANGUAGE sql STABLE PARALLEL SAFE
RETURN ROW('rights-request-updated', NULL, (request).customer_id, pg_catalog.concat(
    '"type":"rights-request-updated","consent_id":null,"customer_id":"', (request).customer_id,
    '","request":', consentfeed.rights_request_json(request),
    ',"timestamp":"', consentfeed.rfc3339((request).updated_at),
    '","user":{"id":"', (request).customer_id,
    '"},"actor":{"kind":"', (request).actor_kind, '","id":', pg_catalog.to_json((request).actor_id),
    '},"method":', pg_catalog.to_json((request).method),
    ',"reason":', CASE
        WHEN (request).reason_code IS NULL THEN 'null'
        ELSE pg_catalog.concat(
            '{"code":', pg_catalog.to_json((request).reason_code), ',"text":null,"reference":',
            coalesce(pg_catalog.to_json((request).reason_reference)::text, 'null'), '}'
        )
    END,
    ',"note_sha256":', coalesce('"' || pg_catalog.encode((request).note_sha256, 'hex') || '"', 'null'),
    ',"text_sha256":', coalesce('"' || pg_catalog.encode((request).text_sha256, 'hex') || '"', 'null'), '}'
))::consentfeed.new_event;

COMMENT ON FUNCTION consentfeed.rights_event IS 'The event of a request''s last change, before it has its place in the log.';
