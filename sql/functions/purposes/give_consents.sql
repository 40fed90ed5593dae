-- In pages, each a transaction of its own: one for a million customers would keep registrations waiting.
CREATE OR REPLACE FUNCTION consentfeed.give_consents(purpose text, after_id uuid, max_rows integer)
RETURNS uuid
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH page AS (
        SELECT customer.id
        FROM consentfeed.customers AS customer
        WHERE customer.erased_at IS NULL AND customer.id > coalesce(after_id, '00000000-0000-0000-0000-000000000000')
        ORDER BY customer.id
        LIMIT max_rows
    ),
    given AS (
        INSERT INTO consentfeed.consents (customer_id, purpose, channel)
        SELECT page.id, offered.key, offer.channel
        FROM page, consentfeed.purposes AS offered, unnest(offered.channels) AS offer (channel)
        WHERE offered.key = give_consents.purpose AND offered.offered
            AND EXISTS (SELECT FROM consentfeed.notice_in_force(offered.key, NULL))
        ON CONFLICT (customer_id, purpose, channel) DO NOTHING
    )
    SELECT page.id FROM page ORDER BY page.id DESC LIMIT 1
$$;
COMMENT ON FUNCTION consentfeed.give_consents IS 'Gives the next max_rows customers after that id pending consents for an offered purpose where they have none, once a notice of it is in force: before it nobody can be asked; returns the last of these customers, NULL at the end.';
