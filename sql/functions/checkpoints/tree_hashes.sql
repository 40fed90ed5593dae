CREATE OR REPLACE FUNCTION consentfeed.tree_hashes(level integer, first bigint, count integer)
RETURNS bytea []
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off -- the plan is kept, and the table may have been empty when it was made
AS $$
DECLARE
    _hashes bytea [];
BEGIN
    IF tree_hashes.level = 0 THEN
        SELECT array_agg(sha256(decode('00', 'hex') || event.hash) ORDER BY event.seq) INTO _hashes
        FROM consentfeed.event_hashes(tree_hashes.first, tree_hashes.count) AS event;
    ELSE
        SELECT array_agg(tile.hash ORDER BY tile.number) INTO _hashes
        FROM consentfeed.tiles AS tile
        WHERE tile.level = tree_hashes.level
            AND tile.number >= tree_hashes.first AND tile.number < tree_hashes.first + tree_hashes.count;
    END IF;
    IF coalesce(cardinality(_hashes), 0) <> tree_hashes.count THEN
        RAISE EXCEPTION 'the tree lacks hashes of level %, of % to %',
            tree_hashes.level, tree_hashes.first, tree_hashes.first + tree_hashes.count - 1
            USING ERRCODE = 'no_data_found', HINT = 'SELECT * FROM consentfeed.broken_tree() says what is missing.';
    END IF;
    RETURN _hashes;
END
$$;
COMMENT ON FUNCTION consentfeed.tree_hashes IS 'Hashes of the Merkle tree that follow one another on a level that is kept: 0 are the leaves, 1 is above 256 of them, and so on.';
