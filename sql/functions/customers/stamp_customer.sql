-- SECURITY INVOKER, so that current_user is whoever runs the statement. It calls nothing of ours: an SQL role with UPDATE on
-- customers may not.
CREATE OR REPLACE FUNCTION consentfeed.stamp_customer()
RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (NEW.name, NEW.email, NEW.msisdn, NEW.language) IS NOT DISTINCT FROM (OLD.name, OLD.email, OLD.msisdn, OLD.language) THEN
        NEW.version := OLD.version;
        NEW.updated_at := OLD.updated_at;
        NEW.email_changed_at := OLD.email_changed_at;
        NEW.msisdn_changed_at := OLD.msisdn_changed_at;
        NEW.actor_kind := OLD.actor_kind;
        NEW.actor_id := OLD.actor_id;
        NEW.method := OLD.method;
        RETURN NEW;
    END IF;
    NEW.version := OLD.version + 1;
    NEW.updated_at := statement_timestamp();
    NEW.email_changed_at := CASE
        WHEN NEW.email IS DISTINCT FROM OLD.email THEN statement_timestamp() ELSE OLD.email_changed_at
    END;
    NEW.msisdn_changed_at := CASE
        WHEN NEW.msisdn IS DISTINCT FROM OLD.msisdn THEN statement_timestamp() ELSE OLD.msisdn_changed_at
    END;
    -- register_customer() says who; from anyone else it is "database" and the SQL role.
    IF current_setting('consentfeed.recording', true) IS DISTINCT FROM 'on'
        OR NOT has_table_privilege('consentfeed.log_order', 'TRUNCATE') THEN
        NEW.actor_kind := 'database';
        NEW.actor_id := current_user;
        NEW.method := 'sql';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION consentfeed.stamp_customer IS 'Trigger of customers: counts the changes of a row, and keeps when number and address changed, and by whom. The same values again are no change.';
