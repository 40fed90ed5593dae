CREATE OR REPLACE FUNCTION consentfeed.state_tag(parts text [])
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN pg_catalog.left(
    pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.array_to_json(parts)::text, 'UTF8')), 'hex'), 16
);

COMMENT ON FUNCTION consentfeed.state_tag IS 'The entity tag of a state that consists of these parts: another state has another one.';
