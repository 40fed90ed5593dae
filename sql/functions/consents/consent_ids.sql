CREATE OR REPLACE FUNCTION consentfeed.consent_ids(customers uuid [], purposes text [], channels text [])
RETURNS SETOF uuid
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT consent.id
    FROM unnest(customers, purposes, channels) WITH ORDINALITY AS asked (customer_id, purpose, channel, item)
    LEFT JOIN consentfeed.consents AS consent
        ON (consent.customer_id, consent.purpose, consent.channel) = (asked.customer_id, asked.purpose, asked.channel)
    ORDER BY asked.item
$$;
COMMENT ON FUNCTION consentfeed.consent_ids IS 'The consent of each customer, purpose and channel, in the order asked; NULL where there is none.';
