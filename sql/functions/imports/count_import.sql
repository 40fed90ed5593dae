CREATE OR REPLACE FUNCTION consentfeed.count_import(
    outcomes consentfeed.import_outcome [], import uuid, source text, first_row bigint, actor_kind text, actor_id text
)
RETURNS uuid
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _import uuid := coalesce(count_import.import, (
        SELECT kept.id FROM consentfeed.imports AS kept
        WHERE (kept.actor_id, kept.actor_kind, kept.source)
            = (count_import.actor_id, count_import.actor_kind, count_import.source)
            AND kept.last_at > statement_timestamp() - interval '1 hour'
        ORDER BY kept.last_at DESC
        LIMIT 1
    ), gen_random_uuid());
    _reported bigint;
    _added bigint;
BEGIN
    INSERT INTO consentfeed.imports AS kept (
        id, source, actor_kind, actor_id, recorded, unchanged, superseded, skipped, erased, refused
    )
    SELECT
        _import, count_import.source, count_import.actor_kind, count_import.actor_id,
        count(*) FILTER (WHERE done.outcome = 'recorded'), count(*) FILTER (WHERE done.outcome = 'unchanged'),
        count(*) FILTER (WHERE done.outcome = 'superseded'), count(*) FILTER (WHERE done.outcome = 'skipped'),
        count(*) FILTER (WHERE done.outcome = 'erased'), count(*) FILTER (WHERE done.problem IS NOT NULL)
    FROM unnest(outcomes) AS done
    ON CONFLICT (id) DO UPDATE SET
        last_at = statement_timestamp(),
        recorded = kept.recorded + excluded.recorded, unchanged = kept.unchanged + excluded.unchanged,
        superseded = kept.superseded + excluded.superseded, skipped = kept.skipped + excluded.skipped,
        erased = kept.erased + excluded.erased, refused = kept.refused + excluded.refused
    WHERE (kept.actor_id, kept.actor_kind, kept.source) = (excluded.actor_id, excluded.actor_kind, excluded.source)
    RETURNING kept.reported INTO _reported;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the import % is somebody else''s, or from another source', _import
            USING ERRCODE = 'CF002', HINT = 'Choose another id, or leave it out.';
    END IF;
    INSERT INTO consentfeed.import_lines (import_id, nth, row_number, code, member)
    SELECT
        _import, _reported + row_number() OVER (ORDER BY done.item), count_import.first_row + done.item - 1,
        coalesce(done.problem, done.outcome), done.member
    FROM unnest(outcomes) AS done
    WHERE done.problem IS NOT NULL OR done.outcome IN ('superseded', 'erased')
    ORDER BY done.item
    LIMIT 1000 - _reported;
    GET DIAGNOSTICS _added = ROW_COUNT;
    UPDATE consentfeed.imports AS kept SET reported = kept.reported + _added WHERE kept.id = _import AND _added > 0;
    RETURN _import;
END
$$;
COMMENT ON FUNCTION consentfeed.count_import IS 'Adds rows to the counts and the report of an import; NULL: that of the same actor and source within the last hour, or a new one. Returns which. For import_rows().';
