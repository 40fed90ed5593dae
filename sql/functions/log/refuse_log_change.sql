CREATE OR REPLACE FUNCTION consentfeed.refuse_log_change()
RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: the log is append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'object_not_in_prerequisite_state',
              HINT = 'Retention drops whole partitions: SELECT consentfeed.drop_oldest_partition().';
END
$$;
COMMENT ON FUNCTION consentfeed.refuse_log_change IS 'Trigger of events and of each of its partitions: refuses UPDATE, DELETE and TRUNCATE, for the owner too.';
