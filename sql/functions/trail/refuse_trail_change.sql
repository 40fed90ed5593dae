CREATE OR REPLACE FUNCTION consentfeed.refuse_trail_change()
RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: lines are added, and go by age alone', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'object_not_in_prerequisite_state',
              HINT = 'Retention deletes old lines: SELECT consentfeed.forget_accesses(365, 10000).';
END
$$;
COMMENT ON FUNCTION consentfeed.refuse_trail_change IS 'Trigger of access_trail: refuses UPDATE, TRUNCATE, and DELETE but by forget_accesses(), for the owner too.';
