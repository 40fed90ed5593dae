CREATE OR REPLACE FUNCTION consentfeed.save_purpose(
    key text, title text, description text, channels text [], default_validity_days integer, "position" bigint,
    offered boolean, expected text [] DEFAULT NULL
)
RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _before consentfeed.purposes;
    _is_new boolean;
BEGIN
    SELECT purpose.* INTO _before FROM consentfeed.purposes AS purpose
    WHERE purpose.key = save_purpose.key FOR NO KEY UPDATE;
    IF NOT consentfeed.state_fits(CASE WHEN FOUND THEN consentfeed.purpose_tag(_before) END, expected) THEN
        RETURN 'stale';
    END IF;
    INSERT INTO consentfeed.purposes AS kept (key, title, description, channels, default_validity, position, offered)
    VALUES (
        save_purpose.key, save_purpose.title, save_purpose.description, save_purpose.channels,
        make_interval(days => save_purpose.default_validity_days), save_purpose.position, save_purpose.offered
    )
    ON CONFLICT ON CONSTRAINT purposes_pkey DO UPDATE SET
        title = excluded.title, description = excluded.description, channels = excluded.channels,
        -- "12 months" is listed as 360 days, and is not to become that.
        default_validity = CASE
            WHEN floor(extract(epoch FROM kept.default_validity) / 86400) = save_purpose.default_validity_days
                THEN kept.default_validity
            ELSE excluded.default_validity
        END,
        position = excluded.position, offered = excluded.offered
    -- Where none was expected, somebody else has added it since.
    WHERE kept.channels <@ excluded.channels AND expected IS DISTINCT FROM '{}'
    RETURNING kept.xmax = 0 INTO _is_new;
    RETURN CASE
        WHEN _is_new THEN 'added'
        WHEN NOT _is_new THEN 'changed'
        WHEN expected = '{}' THEN 'stale'
        ELSE 'channel-lost'
    END;
END
$$;
COMMENT ON FUNCTION consentfeed.save_purpose IS 'Adds or changes a purpose, if it is as expected (see state_fits): added, changed, stale (it is not), or channel-lost (it would lose a channel, which is refused). Existing customers get their consents by give_consents().';
