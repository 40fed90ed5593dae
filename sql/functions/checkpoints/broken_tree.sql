-- STABLE: all parts look at one snapshot.
CREATE OR REPLACE FUNCTION consentfeed.broken_tree()
RETURNS TABLE (seq bigint, problem text)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _tile record;
    _checkpoint record;
    _size bigint := (SELECT head.seq + 1 FROM consentfeed.log_head() AS head);
    _span bigint;
BEGIN
    FOR _tile IN SELECT tile.number, tile.level::integer AS level, tile.hash FROM consentfeed.tiles AS tile ORDER BY tile.level, tile.number LOOP
        _span := 1::bigint << (8 * _tile.level);
        IF (_tile.number + 1) * _span > _size THEN
            RETURN QUERY SELECT _size - 1, format('the tree covers %s events, and the log has %s', (_tile.number + 1) * _span, _size);
            RETURN;
        END IF;
        BEGIN
            IF _tile.hash = consentfeed.hash_above(consentfeed.tree_hashes(_tile.level - 1, _tile.number * 256, 256)) THEN
                CONTINUE;
            END IF;
            RETURN QUERY SELECT
                _tile.number * _span,
                format('events %s to %s are not what they were when the tree was made', _tile.number * _span, (_tile.number + 1) * _span - 1);
        EXCEPTION WHEN no_data_found THEN
            RETURN QUERY SELECT _tile.number * _span, format('what the tree has of events %s to %s is not whole', _tile.number * _span, (_tile.number + 1) * _span - 1);
        END;
        RETURN;
    END LOOP;
    SELECT made.* INTO _checkpoint FROM consentfeed.checkpoints AS made ORDER BY made.size DESC LIMIT 1;
    IF FOUND THEN
        IF _checkpoint.size <= _size THEN
            BEGIN
                IF _checkpoint.root = consentfeed.tree_root(_checkpoint.size) THEN
                    RETURN;
                END IF;
            EXCEPTION WHEN no_data_found THEN
                NULL; -- a checkpoint of which the tree is not there does not fit either
            END;
        END IF;
        RETURN QUERY SELECT least(_checkpoint.size, _size) - 1, format('the checkpoint over %s events does not fit the log', _checkpoint.size);
    END IF;
END
$$;
COMMENT ON FUNCTION consentfeed.broken_tree IS 'Computes the tree again and compares it with what is kept of it, and with the newest checkpoint. No row: all is well; else the first position that does not fit. Reads the hashes of the whole log.';
