CREATE OR REPLACE FUNCTION consentfeed.guard_log_table(log_table regclass)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    EXECUTE format(
        'CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %s'
        ' FOR EACH STATEMENT EXECUTE FUNCTION consentfeed.refuse_change(%L, %L)',
        log_table, '%1$s of %2$s is refused: the log is append-only',
        'Retention drops whole partitions: SELECT consentfeed.drop_oldest_partition().'
    );
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER append_only', log_table);
END
$$;
COMMENT ON FUNCTION consentfeed.guard_log_table IS 'Makes events, or one partition of it, append-only.';
