CREATE OR REPLACE FUNCTION consentfeed.stamp_deadline()
RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.version := OLD.version;
    NEW.updated_at := OLD.updated_at;
    IF NEW IS DISTINCT FROM OLD THEN
        NEW.version := OLD.version + 1;
        NEW.updated_at := statement_timestamp();
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION consentfeed.stamp_deadline IS 'Trigger of deadlines: counts its changes.';
