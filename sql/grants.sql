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

REVOKE ALL ON SCHEMA consentfeed FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA consentfeed FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA consentfeed FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA consentfeed FROM consentfeed_app;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA consentfeed FROM consentfeed_app;

GRANT USAGE ON SCHEMA consentfeed TO consentfeed_app;
GRANT SELECT ON ALL TABLES IN SCHEMA consentfeed TO consentfeed_app;
-- Partitions to come, too.
ALTER DEFAULT PRIVILEGES IN SCHEMA consentfeed GRANT SELECT ON TABLES TO consentfeed_app;
-- Who may read a table may also lock it, if only in the weakest mode; this one is for append_event() alone.
REVOKE ALL ON consentfeed.log_order FROM consentfeed_app;

GRANT EXECUTE ON FUNCTION
-- Decisions.
consentfeed.record_decisions(jsonb),
consentfeed.expire_consents(integer),
consentfeed.register_customer(uuid, text, text, text, text),
-- The log.
consentfeed.log_head(),
consentfeed.events_after(bigint, integer),
consentfeed.customer_events_after(uuid, bigint, integer),
consentfeed.consent_history(uuid),
consentfeed.judge_place(bigint, bytea, uuid),
consentfeed.customer_place(uuid),
consentfeed.verify_log(),
consentfeed.kept_events(),
-- The present state.
consentfeed.list_consents(uuid [], text [], text [], text [], text, text, text, text, uuid, integer),
consentfeed.customer_consents(uuid),
consentfeed.one_consent(uuid, uuid),
consentfeed.consent_ids(uuid [], text [], text []),
consentfeed.list_customers(text, text, text, uuid, integer),
consentfeed.list_purposes(),
-- Purposes and notices.
consentfeed.save_purpose(text, text, text, text [], integer, bigint, boolean),
consentfeed.give_consents(text, uuid, integer),
consentfeed.list_notices(text),
consentfeed.save_draft(text, bigint, text, text),
consentfeed.publish_notice(text, bigint),
-- Signing in.
consentfeed.find_user(text),
consentfeed.add_user(text, text, text, uuid),
consentfeed.disable_user(text),
consentfeed.list_users(text, text, integer),
consentfeed.change_user(uuid, uuid, text, boolean),
consentfeed.open_session(uuid, bytea, interval),
consentfeed.find_session(bytea),
consentfeed.end_session(uuid),
consentfeed.ended_sessions(uuid [], uuid [], text []),
consentfeed.list_sessions(text, uuid, integer),
consentfeed.save_preferences(text, json),
-- Nodes.
consentfeed.report_node(uuid, text, timestamptz, json),
consentfeed.forget_node(uuid),
consentfeed.list_nodes(),
-- Keeping house.
consentfeed.forget_expired(),
consentfeed.add_event_partitions(),
-- What those above that run as their caller call themselves.
consentfeed.rfc3339(timestamptz),
consentfeed.current_status(text, timestamptz),
consentfeed.consent_json(consentfeed.consents, text),
consentfeed.customer_json(consentfeed.customers),
consentfeed.user_json(consentfeed.users),
consentfeed.find_customers(text, text)
TO consentfeed_app;
