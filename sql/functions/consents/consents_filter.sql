-- Text, and not a view: planned with the values, an absent filter costs nothing and each case uses its index.
CREATE OR REPLACE FUNCTION consentfeed.consents_filter()
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $query$
    FROM consentfeed.consents AS c JOIN consentfeed.customers AS u ON u.id = c.customer_id
    WHERE ($1 IS NULL OR c.customer_id = ANY ($1))
        AND ($2 IS NULL OR c.purpose = ANY ($2))
        AND ($3 IS NULL OR c.channel = ANY ($3))
        AND ($4 IS NULL OR consentfeed.current_status(c.status, c.expires_at) = ANY ($4))
        -- Says nothing new, but for the planner: a list of decisions is read from the index that has no others.
        AND ($4 IS NULL OR 'pending' = ANY ($4) OR c.status <> 'pending')
        AND ($5 IS NULL OR c.customer_id = ANY ($5) OR c.id = $6)
        AND ($7 IS NULL OR c.updated_at > $7)
        AND ($8 IS NULL OR c.updated_at < $8)
$query$;

COMMENT ON FUNCTION consentfeed.consents_filter IS 'The consents (c) and customers (u) of a list, as a part of a statement: customers, purposes, channels, statuses, customers found, an id found, changed after, changed before.';
