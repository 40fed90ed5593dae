-- The root is computed here, not handed in: who may call this cannot make the log vouch for another one.
CREATE OR REPLACE FUNCTION consentfeed.add_checkpoint(holder uuid)
RETURNS TABLE (outcome text, size bigint, root bytea)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 1
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off -- the plan is kept, and the table may have been empty when it was made
AS $$
DECLARE
    _newest consentfeed.checkpoints;
    _size bigint;
BEGIN
    -- Until this transaction ends nobody else can take the work over.
    PERFORM FROM consentfeed.followers AS follower
    WHERE follower.name = 'checkpoints' AND follower.holder = add_checkpoint.holder
    FOR UPDATE;
    IF NOT FOUND THEN
        RETURN QUERY SELECT 'not-held', NULL::bigint, NULL::bytea;
        RETURN;
    END IF;
    SELECT head.seq + 1 INTO STRICT _size FROM consentfeed.log_head() AS head;
    SELECT made.* INTO _newest FROM consentfeed.checkpoints AS made ORDER BY made.size DESC LIMIT 1;
    IF _newest.size > _size THEN
        RETURN QUERY SELECT 'contradiction', _newest.size, _newest.root;
    ELSIF _newest.root <> consentfeed.tree_root(_newest.size) THEN
        RETURN QUERY SELECT 'contradiction', _newest.size, _newest.root;
    ELSIF _newest.size = _size THEN
        RETURN QUERY SELECT 'unchanged', _newest.size, _newest.root;
    ELSE
        RETURN QUERY
            INSERT INTO consentfeed.checkpoints AS made (size, root)
            VALUES (_size, consentfeed.tree_root(_size))
            RETURNING 'made', made.size, made.root;
    END IF;
END
$$;
COMMENT ON FUNCTION consentfeed.add_checkpoint IS 'Adds a checkpoint over the whole log, for whoever holds this work. Outcome: made; unchanged; not-held; contradiction (the newest checkpoint, which is returned, does not fit the log).';
