-- Whoever asks gets the least permissive answer of all who have the number or address: a no of one is a no.
CREATE OR REPLACE FUNCTION consentfeed.check_consents(
    customers uuid [], msisdns text [], emails text [], refs text [], purposes text [], channels text [], at timestamptz
)
RETURNS TABLE (
    seq bigint, hash bytea, nth bigint, holders bigint, customer_id uuid, consent_id uuid, status text, version bigint,
    since timestamptz, expires_at timestamptz, kept boolean, contact_until timestamptz
)
LANGUAGE plpgsql STABLE ROWS 100
SET search_path = pg_catalog, pg_temp
-- One plan serves one question and a thousand; planning anew for each took longer than the answer.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
DECLARE
    _at timestamptz := coalesce(check_consents.at, statement_timestamp());
BEGIN
    IF check_consents.at IS NULL THEN
        SELECT head.seq, head.hash INTO check_consents.seq, check_consents.hash FROM consentfeed.log_head() AS head;
    ELSE
        SELECT place.seq, place.hash INTO check_consents.seq, check_consents.hash
        FROM consentfeed.position_at(check_consents.at) AS place;
        IF NOT FOUND THEN
            RETURN;
        END IF;
    END IF;
    RETURN NEXT;
    RETURN QUERY
        WITH asked AS (
            SELECT * FROM unnest(customers, msisdns, emails, refs, purposes, channels)
                WITH ORDINALITY AS one (customer, msisdn, email, ref, purpose, channel, nth)
        ),
        found AS (
            SELECT asked.nth, who FROM asked JOIN consentfeed.customers AS who ON who.id = asked.customer
            UNION ALL
            SELECT asked.nth, who FROM asked JOIN consentfeed.customers AS who ON who.msisdn = asked.msisdn
            UNION ALL
            SELECT asked.nth, who FROM asked
            JOIN consentfeed.customers AS who ON who.email_key = consentfeed.folded_address(asked.email)
            UNION ALL
            SELECT asked.nth, who FROM asked JOIN consentfeed.customers AS who ON who.reference = asked.ref
        ),
        holder AS (
            SELECT
                found.nth, (found.who).id,
                -- Few have any, and a call for each would be felt.
                CASE WHEN (found.who).quiet_zone IS NOT NULL OR (found.who).paused_until > _at
                    THEN consentfeed.contact_until(found.who, _at)
                END AS contact_until
            FROM found
        ),
        present AS (
            SELECT
                holder.nth, holder.id AS holder, holder.contact_until, consent.id AS consent,
                CASE
                    WHEN check_consents.at IS NULL THEN (
                        consentfeed.current_status(consent.status, consent.expires_at), consent.version, consent.granted_at,
                        consent.revoked_at, consent.expires_at, consent.updated_at, true
                    )::consentfeed.checked
                    ELSE (
                        SELECT (
                            past.status, past.version, (past.state::json ->> 'granted_at')::timestamptz,
                            (past.state::json ->> 'revoked_at')::timestamptz, (past.state::json ->> 'expires_at')::timestamptz,
                            (past.state::json ->> 'updated_at')::timestamptz, past.kept
                        )::consentfeed.checked
                        FROM consentfeed.state_at(consent, check_consents.seq, check_consents.at) AS past
                    )
                END AS state
            FROM holder
            JOIN asked ON asked.nth = holder.nth
            LEFT JOIN consentfeed.consents AS consent
                ON consent.customer_id = holder.id AND consent.purpose = asked.purpose AND consent.channel = asked.channel
        ),
        ranked AS (
            SELECT
                present.*, count(*) OVER (PARTITION BY present.nth) AS holders,
                max(present.contact_until) OVER (PARTITION BY present.nth) AS latest,
                row_number() OVER (
                    PARTITION BY present.nth
                    ORDER BY (present.state).status IS NOT DISTINCT FROM 'granted', (present.state).updated_at DESC NULLS FIRST,
                        present.holder
                ) AS place
            FROM present
        )
        SELECT
            NULL::bigint, NULL::bytea, ranked.nth, ranked.holders, ranked.holder, ranked.consent, (ranked.state).status,
            (ranked.state).version,
            CASE (ranked.state).status
                WHEN 'granted' THEN (ranked.state).granted_at
                WHEN 'revoked' THEN (ranked.state).revoked_at
                WHEN 'expired' THEN (ranked.state).expires_at
                ELSE (ranked.state).updated_at
            END,
            (ranked.state).expires_at, coalesce((ranked.state).kept, true), ranked.latest
        FROM ranked
        WHERE ranked.place = 1;
END
$$;
COMMENT ON FUNCTION consentfeed.check_consents IS 'May I? First row: the newest event of this snapshot, or the last one by that time (no row at all where the kept log begins later). Then, for each question that anybody answers to (nth counts from 1), the least permissive answer of all who have the number, address or reference; consent_id is NULL where there is no such consent. contact_until: until when one of them is not to be contacted, by the preferences of today. at: NULL is now.';
