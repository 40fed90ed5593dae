-- What an import knows of a customer counts only where nothing is known here: it is as old as its file.
CREATE OR REPLACE FUNCTION consentfeed.import_customers(
    rows consentfeed.import_row [], actor_kind text, actor_id text
)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off -- the plan is kept, and the table may have had no row when it was made
AS $$
BEGIN
    -- Whoever has a reference comes first, with it. Where a row does not fit, import_decisions() says so.
    WITH registered AS (
        INSERT INTO consentfeed.customers (id, name, email, msisdn, language, reference, actor_kind, actor_id, method)
        SELECT
            coalesce(entry.customer, gen_random_uuid()), entry.name, entry.email, entry.msisdn,
            coalesce(entry.customer_language, 'en'), entry.reference,
            import_customers.actor_kind, import_customers.actor_id, 'import'
        FROM (
            SELECT DISTINCT ON (coalesce(first.customer::text, first.reference)) first.*
            FROM (
                SELECT DISTINCT ON (one.reference, CASE WHEN one.reference IS NULL THEN one.customer END) one.*
                FROM unnest(import_customers.rows) WITH ORDINALITY AS one
                WHERE NOT EXISTS (SELECT FROM consentfeed.customers AS known WHERE known.id = one.customer)
                    AND NOT EXISTS (SELECT FROM consentfeed.customers AS known WHERE known.reference = one.reference)
                ORDER BY
                    one.reference, CASE WHEN one.reference IS NULL THEN one.customer END, one.customer IS NULL, one.ordinality
            ) AS first
            ORDER BY coalesce(first.customer::text, first.reference), first.ordinality
        ) AS entry
        ORDER BY entry.reference NULLS LAST, entry.customer
        ON CONFLICT DO NOTHING
        RETURNING id
    )
    INSERT INTO consentfeed.consents (customer_id, purpose, channel)
    SELECT registered.id, purpose.key, offer.channel
    FROM registered, consentfeed.purposes AS purpose, unnest(purpose.channels) AS offer (channel)
    WHERE purpose.offered;

    WITH named AS (
        SELECT known.id, known.reference AS present, entry.*
        FROM unnest(import_customers.rows) WITH ORDINALITY AS entry
        JOIN LATERAL (
            SELECT one.* FROM consentfeed.customers AS one WHERE one.id = entry.customer
            UNION ALL
            SELECT one.* FROM consentfeed.customers AS one WHERE one.reference = entry.reference AND entry.customer IS NULL
        ) AS known ON known.erased_at IS NULL AND (known.reference = entry.reference) IS NOT FALSE
        WHERE (known.name IS NULL AND entry.name IS NOT NULL) OR (known.email IS NULL AND entry.email IS NOT NULL)
            OR (known.msisdn IS NULL AND entry.msisdn IS NOT NULL)
            OR (known.reference IS NULL AND entry.reference IS NOT NULL)
    ),
    referred AS (
        -- A reference names one customer, and a customer has one.
        SELECT DISTINCT ON (first.id) first.id, first.reference
        FROM (
            SELECT DISTINCT ON (named.reference) named.id, named.reference, named.ordinality
            FROM named
            WHERE named.present IS NULL AND named.reference IS NOT NULL AND NOT EXISTS (
                SELECT FROM consentfeed.customers AS other WHERE other.reference = named.reference
            )
            ORDER BY named.reference, named.ordinality
        ) AS first
        ORDER BY first.id, first.ordinality
    ),
    found AS (
        SELECT
            named.id, min(named.name) AS name, min(named.email) AS email, min(named.msisdn) AS msisdn,
            min(referred.reference) AS reference
        FROM named LEFT JOIN referred ON referred.id = named.id
        GROUP BY named.id
    )
    UPDATE consentfeed.customers AS customer SET
        name = coalesce(customer.name, found.name), email = coalesce(customer.email, found.email),
        msisdn = coalesce(customer.msisdn, found.msisdn), reference = coalesce(customer.reference, found.reference),
        actor_kind = import_customers.actor_kind, actor_id = import_customers.actor_id, method = 'import'
    FROM found
    WHERE customer.id = found.id;

    INSERT INTO consentfeed.consents (customer_id, purpose, channel)
    SELECT DISTINCT customer.id, purpose.key, entry.channel
    FROM unnest(import_customers.rows) AS entry
    JOIN LATERAL (
        SELECT one.id, one.erased_at FROM consentfeed.customers AS one WHERE one.id = entry.customer
        UNION ALL
        SELECT one.id, one.erased_at FROM consentfeed.customers AS one
        WHERE one.reference = entry.reference AND entry.customer IS NULL
    ) AS customer ON customer.erased_at IS NULL
    JOIN consentfeed.purposes AS purpose ON purpose.key = entry.purpose AND entry.channel = ANY (purpose.channels)
    WHERE NOT EXISTS (
        SELECT FROM consentfeed.consents AS present
        WHERE (present.customer_id, present.purpose, present.channel) = (customer.id, entry.purpose, entry.channel)
    )
    ORDER BY customer.id, purpose.key, entry.channel
    ON CONFLICT (customer_id, purpose, channel) DO NOTHING;
END
$$;
COMMENT ON FUNCTION consentfeed.import_customers IS 'Registers the customers of rows who are not there, with pending consents, and fills in what is not known of the others; nothing that is known is changed. For import_rows().';
