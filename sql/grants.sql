-- What the service may do: read, and call the functions listed here. It writes nothing by itself.

DO $$
BEGIN
    -- Asked first: where a DBA has made the role, the owner need not be allowed to create any.
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'consentfeed_app') THEN
        CREATE ROLE consentfeed_app NOLOGIN;
        -- A transaction that the service forgot would hold rows; its own statements are single and short.
        ALTER ROLE consentfeed_app SET idle_in_transaction_session_timeout = '10s';
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL; -- roles belong to the whole cluster: another database has just made it
END
$$;

REVOKE ALL ON SCHEMA consentfeed FROM PUBLIC, consentfeed_app;
REVOKE ALL ON ALL TABLES IN SCHEMA consentfeed FROM PUBLIC, consentfeed_app;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA consentfeed FROM PUBLIC, consentfeed_app;
REVOKE ALL ON ALL ROUTINES IN SCHEMA consentfeed FROM PUBLIC, consentfeed_app;
-- Earlier versions granted whatever table would come.
ALTER DEFAULT PRIVILEGES IN SCHEMA consentfeed REVOKE ALL ON TABLES FROM consentfeed_app;

GRANT USAGE ON SCHEMA consentfeed TO consentfeed_app;
-- What is not here is read through functions alone: accounts and sessions, idempotency keys, preferences, the access trail;
-- partitions through events, where the rules of policies.sql hold. Nobody may even lock log_order.
GRANT SELECT ON
consentfeed.customers,
consentfeed.purposes,
consentfeed.notices,
consentfeed.consents,
consentfeed.events,
consentfeed.dropped_partitions,
consentfeed.nodes
TO consentfeed_app;
-- With the salt an emptied note could be guessed from its hash.
GRANT SELECT (seq, note) ON consentfeed.event_notes TO consentfeed_app;
GRANT SELECT (name) ON consentfeed.migrations TO consentfeed_app;

GRANT EXECUTE ON FUNCTION
-- Decisions.
consentfeed.record_decisions(jsonb),
consentfeed.expire_consents(integer),
consentfeed.register_customer(uuid, text, text, text, text, text, text, text),
-- The log.
consentfeed.log_head(),
consentfeed.events_after(bigint, integer),
consentfeed.customer_events_after(uuid, bigint, integer),
consentfeed.consent_history(uuid, uuid),
consentfeed.customer_history(uuid, bigint, integer),
consentfeed.judge_place(bigint, bytea, uuid),
consentfeed.customer_place(uuid),
consentfeed.verify_log(),
consentfeed.kept_events(),
-- The present state.
consentfeed.list_consents(uuid [], text [], text [], text [], text, text, text, timestamptz, timestamptz, text, text, uuid, integer),
consentfeed.about_consents(uuid [], text [], text [], text [], text, text, text, timestamptz, timestamptz),
consentfeed.customer_consents(uuid),
consentfeed.one_consent(uuid, uuid),
consentfeed.consent_ids(uuid [], text [], text []),
consentfeed.contact_consents(text, text, text, text),
consentfeed.list_customers(text, text, text, text, uuid, integer),
consentfeed.about_customers(text, text, text),
consentfeed.list_purposes(),
-- Purposes and notices.
consentfeed.save_purpose(text, text, text, text [], integer, bigint, boolean),
consentfeed.give_consents(text, uuid, integer),
consentfeed.list_notices(text),
consentfeed.save_draft(text, bigint, text, text, text, text),
consentfeed.publish_notice(text, bigint),
-- Signing in.
consentfeed.find_user(text),
consentfeed.add_user(text, text, text, uuid),
consentfeed.disable_user(text),
consentfeed.list_users(text, text, uuid, integer),
consentfeed.one_user(uuid),
consentfeed.change_user(uuid, uuid, text, boolean),
consentfeed.admit_account(uuid, text, text, text, text, uuid),
consentfeed.open_session(uuid, bytea, interval, interval, text, text, text, text, timestamptz),
consentfeed.find_sessions(bytea []),
consentfeed.touch_sessions(uuid []),
consentfeed.end_session(uuid),
consentfeed.end_own_sessions(uuid, uuid, uuid),
consentfeed.end_provider_sessions(text, text, text, timestamptz),
consentfeed.own_sessions(uuid, integer),
consentfeed.ended_sessions(uuid [], uuid [], text []),
consentfeed.list_sessions(text, uuid, integer),
consentfeed.find_preferences(text),
consentfeed.save_preferences(text, json),
-- Nodes.
consentfeed.report_node(uuid, text, timestamptz, json),
consentfeed.forget_node(uuid),
consentfeed.list_nodes(),
-- For consentfeed doctor; every node looks at differing_objects() too.
consentfeed.differing_rights(text [], text []),
consentfeed.server_state(),
consentfeed.held_locks(),
consentfeed.differing_objects(),
-- Who looked at whose data.
consentfeed.record_accesses(jsonb),
consentfeed.list_accesses(uuid, uuid, text, timestamptz, timestamptz, text, bigint, integer),
consentfeed.forget_accesses(integer, integer),
-- Keeping house.
consentfeed.forget_expired(),
consentfeed.add_event_partitions(),
-- What those above that run as their caller call themselves.
consentfeed.rfc3339(timestamptz),
consentfeed.current_status(text, timestamptz),
consentfeed.consent_json(consentfeed.consents, text),
consentfeed.customer_json(consentfeed.customers),
consentfeed.known_customer_json(consentfeed.customers),
consentfeed.consents_filter(),
consentfeed.language_fits(text, text),
consentfeed.find_customers(text, text, text),
consentfeed.folded_address(text),
consentfeed.small_letters(text),
consentfeed.folded_name(text),
consentfeed.words(text),
consentfeed.separators(),
consentfeed.name_query(text)
TO consentfeed_app;
