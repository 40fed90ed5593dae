CREATE OR REPLACE FUNCTION consentfeed.count_rights_requests(assignee uuid)
RETURNS TABLE (kind text, open bigint, overdue bigint, due_soon bigint, mine bigint, unassigned bigint)
LANGUAGE sql STABLE ROWS 7
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT
        deadline.kind, count(request.id),
        count(*) FILTER (WHERE request.due_at <= coalesce(request.waiting_since, statement_timestamp())),
        count(*) FILTER (
            WHERE request.waiting_since IS NULL AND request.due_at > statement_timestamp()
                AND request.due_at <= statement_timestamp() + interval '72 hours'
        ),
        count(*) FILTER (WHERE request.assigned_to = assignee),
        count(*) FILTER (WHERE request.id IS NOT NULL AND request.assigned_to IS NULL)
    FROM unnest('{access,rectification,erasure,restriction,portability,objection,complaint}'::text []) AS deadline (kind)
    LEFT JOIN consentfeed.rights_requests AS request ON request.kind = deadline.kind AND request.closed_at IS NULL
    GROUP BY deadline.kind
    ORDER BY deadline.kind
$$;
COMMENT ON FUNCTION consentfeed.count_rights_requests IS 'How many requests of each kind are open; of these overdue, due within 72 hours (the clock runs), assigned to this account, and to nobody.';
