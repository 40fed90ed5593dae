-- A RETURN body is bound to its objects when it is created, so no search_path can mislead it, and the planner inlines it.
CREATE OR REPLACE FUNCTION consentfeed.rfc3339(at timestamptz)
RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN pg_catalog.to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

COMMENT ON FUNCTION consentfeed.rfc3339 IS 'A time as the API writes it: RFC 3339, UTC, microseconds.';
