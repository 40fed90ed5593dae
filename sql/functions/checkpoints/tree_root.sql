CREATE OR REPLACE FUNCTION consentfeed.tree_root(size bigint)
RETURNS bytea
LANGUAGE plpgsql STABLE STRICT SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _rest bigint := tree_root.size;
    _height integer := 0;
    _level integer;
    _subtree bytea;
    _root bytea;
BEGIN
    -- Each 1 in the size, from the right, is a whole subtree; the smallest lies at the end of the log.
    WHILE _rest > 0 LOOP
        IF _rest & 1 = 1 THEN
            _level := _height / 8;
            _subtree := consentfeed.hash_above(consentfeed.tree_hashes(
                _level, ((_rest - 1) << _height) >> (8 * _level), 1 << (_height % 8)
            ));
            _root := CASE WHEN _root IS NULL THEN _subtree ELSE sha256(decode('01', 'hex') || _subtree || _root) END;
        END IF;
        _rest := _rest >> 1;
        _height := _height + 1;
    END LOOP;
    RETURN _root;
END
$$;
COMMENT ON FUNCTION consentfeed.tree_root IS 'The root over the first so many events, from row 0 on; reads what is kept of the tree, and at most 255 events. Fails (P0002) where the tree does not reach so far.';
