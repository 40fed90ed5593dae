CREATE OR REPLACE FUNCTION consentfeed.rights_request_json(request consentfeed.rights_requests)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN pg_catalog.concat(
    '{"id":"', (request).id, '","reference":"', (request).reference, '","kind":"', (request).kind,
    '","status":"', (request).status, '","action":"', (request).action,
    '","customer_id":"', (request).customer_id, '","came_by":', pg_catalog.to_json((request).came_by),
    ',"received_at":"', consentfeed.rfc3339((request).received_at),
    '","due_at":"', consentfeed.rfc3339((request).due_at), '","due_because":', (request).due_because,
    ',"assigned_to":', coalesce('"' || (request).assigned_to::text || '"', 'null'),
    ',"extended_at":', coalesce('"' || consentfeed.rfc3339((request).extended_at) || '"', 'null'),
    ',"waiting_since":', coalesce('"' || consentfeed.rfc3339((request).waiting_since) || '"', 'null'),
    ',"waited_days":', (request).waited_days,
    ',"closed_at":', coalesce('"' || consentfeed.rfc3339((request).closed_at) || '"', 'null'),
    ',"updated_at":"', consentfeed.rfc3339((request).updated_at), '","version":', (request).version, '}'
);

COMMENT ON FUNCTION consentfeed.rights_request_json IS 'A request as the API and its events write it (JSON text): no text that anybody wrote.';
