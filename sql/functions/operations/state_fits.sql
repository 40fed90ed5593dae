CREATE OR REPLACE FUNCTION consentfeed.state_fits(tag text, expected text [])
RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN expected IS NULL THEN true
    WHEN tag IS NULL THEN pg_catalog.cardinality(expected) = 0
    ELSE tag = ANY (expected) OR '*' = ANY (expected)
END;

COMMENT ON FUNCTION consentfeed.state_fits IS 'Whether a state (its tag; NULL: there is none) is one that is expected: NULL expects nothing, an empty array that there is none, * that there is one.';
