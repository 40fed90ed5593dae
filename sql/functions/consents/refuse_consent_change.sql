CREATE OR REPLACE FUNCTION consentfeed.refuse_consent_change()
RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP IN ('DELETE', 'TRUNCATE') THEN
        RAISE EXCEPTION 'consents are not deleted'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'It would leave no event. Set status = ''revoked'' instead.';
    END IF;
    RAISE EXCEPTION 'only status can be changed in consents'
        USING ERRCODE = 'object_not_in_prerequisite_state',
              HINT = 'Whose consent it is, its purpose and channel never change; all other columns follow from status.';
END
$$;
COMMENT ON FUNCTION consentfeed.refuse_consent_change IS 'Trigger of consents: refuses what would change a consent without an event.';
