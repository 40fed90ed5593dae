-- Whoever writes an answer, a person with SQL or record_decisions(), it means the same: these are the rules, once. The body
-- is bound when created, so that the planner inlines it.
CREATE OR REPLACE FUNCTION consentfeed.next_state(
    present consentfeed.consents, answer text, told_version bigint, told_language text, told_sha256 bytea, validity interval,
    renew boolean
)
RETURNS TABLE (
    changes boolean, notice_version bigint, notice_language text, notice_sha256 bytea,
    granted_at timestamptz, revoked_at timestamptz, expires_at timestamptz
)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
    SELECT
        CASE next_state.answer
            WHEN 'granted' THEN
                consentfeed.current_status((next_state.present).status, (next_state.present).expires_at) <> 'granted'
                OR (next_state.present).notice_version IS DISTINCT FROM next_state.told_version
                OR coalesce(next_state.renew AND (next_state.present).expires_at IS NOT NULL, false)
            ELSE (next_state.present).status <> next_state.answer
        END,
        CASE next_state.answer WHEN 'granted' THEN next_state.told_version ELSE (next_state.present).notice_version END,
        CASE next_state.answer WHEN 'granted' THEN next_state.told_language ELSE (next_state.present).notice_language END,
        CASE next_state.answer WHEN 'granted' THEN next_state.told_sha256 ELSE (next_state.present).notice_sha256 END,
        CASE next_state.answer WHEN 'granted' THEN pg_catalog.statement_timestamp() ELSE (next_state.present).granted_at END,
        CASE next_state.answer WHEN 'revoked' THEN pg_catalog.statement_timestamp() END,
        CASE next_state.answer
            WHEN 'granted' THEN pg_catalog.statement_timestamp() + next_state.validity
            WHEN 'expired' THEN least((next_state.present).expires_at, pg_catalog.statement_timestamp())
        END;
END;

COMMENT ON FUNCTION consentfeed.next_state IS 'What an answer (granted, revoked, expired) makes of a consent, given the notice that is told how long a grant is good for, and whether one that has an end is renewed; changes is false where it repeats the present answer.';
