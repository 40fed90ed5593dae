-- EXECUTE FUNCTION consentfeed.refuse_change(message, hint); %1$s and %2$s in the message are the operation and the table.
CREATE OR REPLACE FUNCTION consentfeed.refuse_change()
RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION USING
        MESSAGE = format(TG_ARGV[0], TG_OP, TG_TABLE_NAME),
        HINT = TG_ARGV[1],
        ERRCODE = 'object_not_in_prerequisite_state';
END
$$;
COMMENT ON FUNCTION consentfeed.refuse_change IS 'Trigger of consents, events, its partitions and access_trail: refuses the change, for the owner too, with the trigger''s message and hint.';
