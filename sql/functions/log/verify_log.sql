-- STABLE: all parts look at one snapshot, so that what others commit meanwhile is in neither.
CREATE OR REPLACE FUNCTION consentfeed.verify_log()
RETURNS TABLE (seq bigint, problem text)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY SELECT * FROM consentfeed.broken_chain();
    IF NOT FOUND THEN -- a log that is not whole proves nothing about consents
        RETURN QUERY SELECT * FROM consentfeed.differing_consents() AS differing ORDER BY differing.seq LIMIT 1;
    END IF;
    IF NOT FOUND THEN -- whoever can recompute the chain has the tree, and what was signed, against them
        RETURN QUERY SELECT * FROM consentfeed.broken_tree();
    END IF;
END
$$;
COMMENT ON FUNCTION consentfeed.verify_log IS 'Whether the log is whole, the consents are as it says, and the tree over it is. No row: all is well; else the first position that does not fit, and why. Reads everything.';
