CREATE OR REPLACE FUNCTION consentfeed.list_rights_requests(
    only_customer uuid, of_customer uuid, kinds text [], statuses text [], assignees uuid [], unassigned boolean, overdue boolean,
    due_before timestamptz, after_key text, after_id uuid, max_rows integer
)
RETURNS TABLE (seq bigint, hash bytea, request text, sort_key text, id uuid, customer_id uuid, assigned_to uuid)
LANGUAGE plpgsql STABLE ROWS 100
SET search_path = pg_catalog, pg_temp
-- Planned with the values, so that an absent filter costs nothing and each case uses its index.
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    _open boolean := overdue OR statuses <@ '{received,acknowledged,in-progress,waiting-for-customer,extended}';
    _after timestamptz := after_key;
BEGIN
    -- Both from the one snapshot of a STABLE function, as in list_consents().
    -- To a customer, a place that moves with the customer's own events alone.
    IF only_customer IS NULL THEN
        SELECT head.seq, head.hash INTO list_rights_requests.seq, list_rights_requests.hash
        FROM consentfeed.log_head() AS head;
    ELSE
        SELECT place.seq, place.hash INTO list_rights_requests.seq, list_rights_requests.hash
        FROM consentfeed.customer_place(only_customer) AS place;
        -- From here on nobody else's rows are there (policies.sql).
        PERFORM set_config('consentfeed.only_customer', only_customer::text, true);
    END IF;
    RETURN NEXT;
    RETURN QUERY
        SELECT
            NULL::bigint, NULL::bytea,
            left(consentfeed.rights_request_json(kept), -1) || ',"customer":' || consentfeed.customer_json(who) || '}',
            kept.due_at::text, kept.id, kept.customer_id, kept.assigned_to
        FROM consentfeed.rights_requests AS kept JOIN consentfeed.customers AS who ON who.id = kept.customer_id
        WHERE (list_rights_requests.only_customer IS NULL OR kept.customer_id = list_rights_requests.only_customer)
            AND (of_customer IS NULL OR kept.customer_id = of_customer)
            AND (_open IS NOT TRUE OR kept.closed_at IS NULL)
            AND (statuses IS NULL OR kept.status = ANY (statuses))
            AND (kinds IS NULL OR kept.kind = ANY (kinds))
            AND ((assignees IS NULL AND unassigned IS NOT TRUE) OR kept.assigned_to = ANY (assignees)
                OR (unassigned AND kept.assigned_to IS NULL))
            -- While the customer is asked, the clock stands.
            AND (overdue IS NULL OR overdue = (
                kept.closed_at IS NULL AND kept.due_at <= coalesce(kept.waiting_since, statement_timestamp())
            ))
            AND (due_before IS NULL OR kept.due_at < due_before)
            AND (after_id IS NULL OR (kept.due_at, kept.id) > (_after, after_id))
        ORDER BY kept.due_at, kept.id
        LIMIT max_rows;
    PERFORM set_config('consentfeed.only_customer', '', true);
END
$$;
COMMENT ON FUNCTION consentfeed.list_rights_requests IS 'First row: the newest event in this snapshot. Then requests, what is due first, page by page; with only_customer given, only that customer''s, and the place is the customer''s, too. assignees and unassigned add up.';
