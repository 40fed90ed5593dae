CREATE OR REPLACE FUNCTION consentfeed.hash_above(hashes bytea [])
RETURNS bytea
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _hashes bytea [] := hash_above.hashes;
BEGIN
    WHILE cardinality(_hashes) > 1 LOOP
        SELECT array_agg(sha256(decode('01', 'hex') || _hashes[2 * nth - 1] || _hashes[2 * nth]) ORDER BY nth) INTO _hashes
        FROM generate_series(1, cardinality(_hashes) / 2) AS nth;
    END LOOP;
    RETURN _hashes[1];
END
$$;
COMMENT ON FUNCTION consentfeed.hash_above IS 'The hash of RFC 9162 above a power of two of hashes.';
