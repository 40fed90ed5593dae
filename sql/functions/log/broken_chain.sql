CREATE OR REPLACE FUNCTION consentfeed.broken_chain()
RETURNS TABLE (seq bigint, problem text)
LANGUAGE sql STABLE ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
    WITH origin AS (
        SELECT gone.last_seq, gone.last_hash
        FROM consentfeed.dropped_partitions AS gone ORDER BY gone.last_seq DESC LIMIT 1
    ),
    chained AS (
        SELECT
            event.*,
            coalesce(lag(event.seq) OVER walk, (SELECT origin.last_seq FROM origin), -1) AS previous_seq,
            coalesce(lag(event.hash) OVER walk, (SELECT origin.last_hash FROM origin), '') AS previous_hash
        FROM consentfeed.events AS event
        WINDOW walk AS (ORDER BY event.seq)
    ),
    rehashed AS (
        SELECT chained.*, chained.hash = sha256(chained.previous_hash || convert_to(chained.body, 'UTF8')) AS intact
        FROM chained
        OFFSET 0 -- once for each row, not once for each use
    ),
    parsed AS (
        -- Only what was hashed is surely JSON.
        SELECT rehashed.*, CASE WHEN rehashed.intact THEN rehashed.body::jsonb END AS content
        FROM rehashed
        OFFSET 0
    ),
    checked AS (
        SELECT chained.seq, CASE
            WHEN chained.seq <> chained.previous_seq + 1 THEN 'the events before it are missing'
            WHEN NOT chained.intact THEN 'hash does not follow from the event before it and the body'
            WHEN chained.content ->> 'seq' IS DISTINCT FROM chained.seq::text THEN 'seq is not what was hashed'
            WHEN chained.content ->> 'type' IS DISTINCT FROM chained.type THEN 'type is not what was hashed'
            WHEN chained.content ->> 'consent_id' IS DISTINCT FROM chained.consent_id::text
                THEN 'consent_id is not what was hashed'
            WHEN chained.content ->> 'customer_id' IS DISTINCT FROM chained.customer_id::text
                THEN 'customer_id is not what was hashed'
            WHEN chained.content ->> 'recorded_at' IS DISTINCT FROM consentfeed.rfc3339(chained.recorded_at)
                THEN 'recorded_at is not what was hashed'
            WHEN chained.content #>> '{consent,notice,sha256}' <> coalesce((
                SELECT encode(sha256(convert_to(notice.text, 'UTF8')), 'hex')
                FROM consentfeed.notices AS notice
                WHERE notice.purpose = chained.content #>> '{consent,notice,key}'
                    AND notice.version = (chained.content #>> '{consent,notice,version}')::bigint
                    AND notice.language = chained.content #>> '{consent,notice,language}'
            ), '') THEN 'the text of its notice is not what was hashed'
            WHEN EXISTS (
                SELECT FROM consentfeed.event_notes AS note
                WHERE note.seq = chained.seq AND note.note IS NOT NULL
                    AND encode(sha256(convert_to(note.salt || note.note, 'UTF8')), 'hex')
                    IS DISTINCT FROM chained.content ->> 'note_sha256'
            ) THEN 'its note is not what was hashed'
        END AS problem
        FROM parsed AS chained
    )
    (SELECT checked.seq, checked.problem FROM checked WHERE checked.problem IS NOT NULL ORDER BY checked.seq LIMIT 1)
    UNION ALL
    (SELECT 0, 'the log is empty' WHERE NOT EXISTS (SELECT FROM consentfeed.events))
$$;
COMMENT ON FUNCTION consentfeed.broken_chain IS 'Recomputes the chain and compares every column, notice and note with what was hashed. No row: all is well; else the first position that does not fit. Reads the whole log.';
