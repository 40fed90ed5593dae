CREATE OR REPLACE FUNCTION consentfeed.build_tiles(holder uuid, most integer)
RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off -- the plan is kept, and the log may have had one row when it was made
AS $$
DECLARE
    _position bigint;
    _size bigint;
    _level integer;
    _number bigint;
    _built integer := 0;
BEGIN
    -- Until this transaction ends nobody else can take the work over.
    SELECT follower.position INTO _position
    FROM consentfeed.followers AS follower
    WHERE follower.name = 'checkpoints' AND follower.holder = build_tiles.holder
    FOR UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT head.seq + 1 INTO STRICT _size FROM consentfeed.log_head() AS head;
    WHILE _built < build_tiles.most AND _position + 256 <= _size LOOP
        _level := 0;
        _number := _position;
        -- A tile that is the last of 256 completes one of the next level.
        LOOP
            INSERT INTO consentfeed.tiles (level, number, hash)
            SELECT _level + 1, _number / 256, consentfeed.hash_above(consentfeed.tree_hashes(_level, _number, 256));
            _level := _level + 1;
            _number := _number / 256;
            EXIT WHEN _number % 256 <> 255;
            _number := _number - 255;
        END LOOP;
        _position := _position + 256;
        _built := _built + 1;
    END LOOP;
    UPDATE consentfeed.followers AS follower SET position = _position
    WHERE follower.name = 'checkpoints' AND _built > 0;
    RETURN _built;
END
$$;
COMMENT ON FUNCTION consentfeed.build_tiles IS 'Adds up to so many tiles of 256 events to the tree, and what they complete above them; returns how many. NULL: another process does this work.';
