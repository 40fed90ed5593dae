CREATE OR REPLACE FUNCTION consentfeed.save_purpose(
    key text, title text, description text, channels text [], default_validity_days integer, "position" bigint,
    offered boolean
)
RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO consentfeed.purposes AS kept (key, title, description, channels, default_validity, position, offered)
    VALUES (
        save_purpose.key, save_purpose.title, save_purpose.description, save_purpose.channels,
        make_interval(days => save_purpose.default_validity_days), save_purpose.position, save_purpose.offered
    )
    ON CONFLICT (key) DO UPDATE SET
        title = excluded.title, description = excluded.description, channels = excluded.channels,
        -- "12 months" is listed as 360 days, and is not to become that.
        default_validity = CASE
            WHEN floor(extract(epoch FROM kept.default_validity) / 86400) = save_purpose.default_validity_days
                THEN kept.default_validity
            ELSE excluded.default_validity
        END,
        position = excluded.position, offered = excluded.offered
    WHERE kept.channels <@ excluded.channels
    RETURNING kept.xmax = 0
$$;
COMMENT ON FUNCTION consentfeed.save_purpose IS 'Adds or changes a purpose; returns whether it is new, NULL where it would lose a channel, which is refused. Existing customers get their consents by give_consents().';
