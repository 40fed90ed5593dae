-- STABLE: all of it from one snapshot. As the owner: accounts, sessions, choices and the trail are read by nobody else.
CREATE OR REPLACE FUNCTION consentfeed.held_data(id uuid, most bigint)
RETURNS TABLE (
    registered text, contact_preferences text, account text, sessions text, chosen text, consents text, purposes text,
    notices text, requests text, accesses text, accesses_left_out bigint, events text, events_left_out bigint
)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off -- the plan is kept, and tables may have been small when it was made
AS $$
BEGIN
    SELECT consentfeed.customer_json(who), consentfeed.preferences_json(who) INTO registered, contact_preferences
    FROM consentfeed.customers AS who WHERE who.id = held_data.id;
    SELECT json_build_object(
        'email', own.email, 'name', own.name, 'created_at', consentfeed.rfc3339(own.created_at),
        'last_sign_in_at', consentfeed.rfc3339(own.last_sign_in_at),
        'disabled_at', consentfeed.rfc3339(own.disabled_at), 'issuer', own.issuer, 'subject', own.subject
    )::text INTO account
    FROM consentfeed.users AS own WHERE own.customer_id = held_data.id;
    SELECT coalesce(json_agg(json_build_object(
        'created_at', consentfeed.rfc3339(newest.created_at), 'last_seen_at', consentfeed.rfc3339(newest.last_seen_at),
        'expires_at', consentfeed.rfc3339(newest.expires_at), 'ended_at', consentfeed.rfc3339(newest.ended_at),
        'agent', newest.agent
    ) ORDER BY newest.created_at DESC), '[]')::text INTO sessions
    FROM (
        SELECT own.* FROM consentfeed.sessions AS own WHERE own.user_id = held_data.id
        ORDER BY own.created_at DESC LIMIT most
    ) AS newest;
    SELECT own.preferences::text INTO chosen
    FROM consentfeed.preferences AS own WHERE own.principal = 'customer:' || held_data.id::text;
    SELECT
        '[' || coalesce(string_agg(
            consentfeed.consent_json(own, consentfeed.current_status(own.status, own.expires_at)), ','
            ORDER BY own.purpose, own.channel
        ), '') || ']'
    INTO consents
    FROM consentfeed.consents AS own WHERE own.customer_id = held_data.id;
    SELECT coalesce(json_agg(json_build_object(
        'key', known.key, 'title', known.title, 'description', known.description, 'legal_basis', known.legal_basis,
        'dpv_term', known.dpv_term
    ) ORDER BY known.key), '[]')::text INTO purposes
    FROM consentfeed.purposes AS known
    WHERE known.key IN (SELECT own.purpose FROM consentfeed.consents AS own WHERE own.customer_id = held_data.id);
    SELECT
        '[' || coalesce(string_agg(
            left(consentfeed.rights_request_json(own), -1) || ',"texts":' || consentfeed.rights_texts_json(own.id) || '}', ','
            ORDER BY own.received_at, own.id
        ), '') || ']'
    INTO requests
    FROM consentfeed.rights_requests AS own WHERE own.customer_id = held_data.id;
    -- When, in which role, what: who it was is not for the customer.
    SELECT coalesce(json_agg(json_build_object(
        'at', consentfeed.rfc3339(newest.at), 'role', newest.actor_role, 'action', newest.action
    ) ORDER BY newest.at DESC, newest.id DESC), '[]')::text INTO accesses
    FROM (
        SELECT line.at, line.id, line.actor_role, line.action
        FROM consentfeed.access_trail AS line WHERE line.customers @> ARRAY[held_data.id]
        ORDER BY line.at DESC, line.id DESC LIMIT most
    ) AS newest;
    SELECT greatest(count(*) - most, 0) INTO accesses_left_out
    FROM consentfeed.access_trail AS line WHERE line.customers @> ARRAY[held_data.id];
    SELECT coalesce(json_agg(json_build_object(
        'seq', newest.seq, 'hash', encode(newest.hash, 'hex'), 'body', newest.body,
        'previous_hash', (
            SELECT encode(before.hash, 'hex') FROM consentfeed.event_hashes(newest.seq - 1, 1) AS before
        ),
        'note', (SELECT written.note FROM consentfeed.event_notes AS written WHERE written.seq = newest.seq)
    ) ORDER BY newest.seq), '[]')::text INTO events
    FROM (
        SELECT event.seq, event.hash, event.body
        FROM consentfeed.events AS event WHERE event.customer_id = held_data.id
        ORDER BY event.seq DESC LIMIT most
    ) AS newest;
    SELECT greatest(count(*) - most, 0) INTO events_left_out
    FROM consentfeed.events AS event WHERE event.customer_id = held_data.id;
    SELECT coalesce(json_agg(json_build_object(
        'key', notice.purpose, 'version', notice.version, 'language', notice.language,
        'title', notice.title, 'description', notice.description, 'text', notice.text,
        'sha256', encode(notice.sha256, 'hex'), 'published_at', consentfeed.rfc3339(notice.published_at)
    ) ORDER BY notice.purpose, notice.version, notice.language), '[]')::text INTO notices
    FROM consentfeed.notices AS notice
    WHERE (notice.purpose, notice.version, notice.language) IN (
        SELECT
            one.body::json #>> '{consent,notice,key}', (one.body::json #>> '{consent,notice,version}')::bigint,
            one.body::json #>> '{consent,notice,language}'
        FROM json_to_recordset(events::json) AS one (body text)
        WHERE one.body::json #> '{consent,notice}' IS NOT NULL
        UNION ALL
        SELECT own.purpose, own.notice_version, own.notice_language
        FROM consentfeed.consents AS own WHERE own.customer_id = held_data.id
    );
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION consentfeed.held_data IS 'Everything that is held about a customer, as JSON texts: who it is, account, sessions, choices, consents with purposes and notices, requests with what was written, accesses by staff, and events, each with the hash onto which it is chained. most: of sessions, accesses and events the newest; how many are left out is said.';
