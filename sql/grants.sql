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
-- What is not here is read through functions alone: accounts, sessions and links, idempotency keys, preferences, the access trail;
-- partitions through events, where the rules of policies.sql hold. Nobody may even lock log_order.
GRANT SELECT ON
consentfeed.customers,
consentfeed.purposes,
consentfeed.notices,
consentfeed.channels,
consentfeed.consents,
consentfeed.events,
consentfeed.rights_requests,
consentfeed.dropped_partitions,
consentfeed.nodes
TO consentfeed_app;
-- With the salt an emptied note could be guessed from its hash.
GRANT SELECT (seq, note) ON consentfeed.event_notes TO consentfeed_app;
GRANT SELECT (request_id, version, part, customer_id, written_at, author_kind, text) ON consentfeed.rights_texts TO consentfeed_app;
GRANT SELECT (name) ON consentfeed.migrations TO consentfeed_app;

GRANT EXECUTE ON FUNCTION
-- Decisions.
consentfeed.record_decisions(jsonb),
consentfeed.expire_consents(integer),
consentfeed.register_customer(uuid, text, text, text, text, text, text, text, text, boolean),
consentfeed.register_by_reference(text, text, text, text, text, text, text, text),
consentfeed.save_contact_preferences(uuid, text, time, time, text, timestamptz, text [], text [], text, text, text, text, text, text),
consentfeed.erase_customer(uuid, bigint, bytea, bytea, bytea, text, text, text, text, text, text),
consentfeed.list_erased(timestamptz, uuid, integer),
-- Imports.
consentfeed.import_rows(jsonb, uuid, text, bigint, text, text, boolean),
consentfeed.list_imports(text, uuid, integer),
consentfeed.import_report(uuid),
-- The log.
consentfeed.log_head(),
consentfeed.position_at(timestamptz),
consentfeed.events_after(bigint, integer),
consentfeed.customer_events_after(uuid, bigint, integer),
consentfeed.consent_history(uuid, uuid),
consentfeed.customer_history(uuid, bigint, integer),
consentfeed.log_history(bigint, integer),
consentfeed.judge_place(bigint, bytea, uuid),
consentfeed.customer_place(uuid),
consentfeed.verify_log(),
consentfeed.kept_events(),
consentfeed.log_copy(bigint, integer),
-- The present state.
consentfeed.list_consents(uuid [], text [], text [], text [], text, text, text, timestamptz, timestamptz, text, text, uuid, integer),
consentfeed.about_consents(uuid [], text [], text [], text [], text, text, text, timestamptz, timestamptz),
consentfeed.export_lines(uuid [], text [], text [], text [], text, text, text, timestamptz, timestamptz),
consentfeed.export_cells(uuid [], text [], text [], text [], text, text, text, timestamptz, timestamptz),
consentfeed.customer_consents(uuid),
consentfeed.one_consent(uuid, uuid),
consentfeed.state_at(consentfeed.consents, bigint, timestamptz),
consentfeed.check_consents(uuid [], text [], text [], text [], text [], text [], timestamptz),
consentfeed.consents_at(uuid, uuid, uuid, text [], text [], text [], timestamptz),
consentfeed.consent_ids(uuid [], text [], text []),
consentfeed.contact_consents(text, text, text, text),
consentfeed.list_customers(text, text, text, text, uuid, integer),
consentfeed.about_customers(text, text, text),
consentfeed.customer_names(uuid []),
consentfeed.list_purposes(),
-- Purposes and notices.
consentfeed.save_purpose(text, text, text, text [], integer, bigint, boolean, text []),
consentfeed.give_consents(text, uuid, integer),
consentfeed.list_notices(text),
consentfeed.save_draft(text, bigint, text, text, text, text, text []),
consentfeed.publish_notice(text, bigint, text, text, text, text []),
-- Signing in.
consentfeed.find_user(text),
consentfeed.add_user(text, text, text, uuid, text),
consentfeed.disable_user(text),
consentfeed.list_users(text, text, uuid, integer),
consentfeed.one_user(uuid),
consentfeed.account_names(uuid []),
consentfeed.rename_user(uuid, text, text []),
consentfeed.change_user(uuid, uuid, text, boolean, text []),
consentfeed.admit_account(uuid, text, text, text, text, uuid, text),
consentfeed.find_account(uuid),
consentfeed.change_password(uuid, text, text, uuid),
consentfeed.set_password(uuid, text),
consentfeed.make_password_link(uuid, bytea, interval),
consentfeed.find_password_link(bytea),
consentfeed.use_password_link(bytea, text),
consentfeed.open_session(uuid, bytea, interval, interval, text, text, text, text, timestamptz, text),
consentfeed.find_sessions(bytea []),
consentfeed.why_session_ended(bytea),
consentfeed.touch_sessions(uuid []),
consentfeed.end_session(uuid),
consentfeed.end_own_sessions(uuid, uuid, uuid),
consentfeed.end_provider_sessions(text, text, text, timestamptz),
consentfeed.own_sessions(uuid, integer),
consentfeed.ended_sessions(uuid [], uuid [], text []),
consentfeed.list_sessions(text, uuid, integer),
consentfeed.find_preferences(text),
consentfeed.save_preferences(text, json),
-- Checkpoints and proofs.
consentfeed.hold_follower(text, uuid, double precision),
consentfeed.hold_relay(uuid, double precision, bigint, bytea),
consentfeed.relay_state(),
consentfeed.release_follower(text, uuid),
consentfeed.event_hashes(bigint, integer),
consentfeed.tree_hashes(integer, bigint, integer),
consentfeed.tree_root(bigint),
consentfeed.build_tiles(uuid, integer),
consentfeed.add_checkpoint(uuid),
consentfeed.checkpoint_state(),
consentfeed.list_checkpoints(bigint, integer),
consentfeed.broken_tree(),
consentfeed.evidence_events(uuid, uuid),
consentfeed.evidence_facts(uuid, uuid),
-- Webhooks.
consentfeed.save_webhook(text, text, text [], text [], text [], text [], bigint, boolean, bytea, bigint, text []),
consentfeed.delete_webhook(text),
consentfeed.rotate_webhook(text, bytea, interval),
consentfeed.replay_webhook(text, bigint, bytea),
consentfeed.list_webhooks(uuid),
consentfeed.hold_webhooks(uuid, double precision),
consentfeed.release_webhooks(uuid),
consentfeed.advance_webhook(text, uuid, bigint, bigint, bytea, boolean),
consentfeed.fail_webhook(text, uuid, bigint, text, text, double precision, double precision, boolean),
-- Rights requests.
consentfeed.open_rights_request(text, uuid, timestamptz, text, bigint, text, text, text, text, text, text, text, text, text, bytea),
consentfeed.act_on_rights_request(uuid, uuid, text, text [], uuid, text, text, text, text, text, text, text, text, text, text, bytea),
consentfeed.fulfil_erasure(uuid, text [], bigint, bytea, bytea, bytea, text, text, text, text, text, text),
consentfeed.list_rights_requests(uuid, uuid, text [], text [], uuid [], boolean, boolean, timestamptz, text, uuid, integer),
consentfeed.one_rights_request(uuid, uuid),
consentfeed.rights_history(uuid, uuid),
consentfeed.held_data(uuid, bigint),
consentfeed.forget_rights_texts(integer, integer),
consentfeed.count_rights_requests(uuid),
consentfeed.list_deadlines(),
consentfeed.save_deadline(text, bigint, text, bigint, text, text []),
consentfeed.list_holidays(),
consentfeed.save_holiday(date, text, bigint),
consentfeed.delete_holiday(date),
consentfeed.save_time_zone(text),
-- Nodes.
consentfeed.report_node(uuid, text, timestamptz, json),
consentfeed.forget_node(uuid),
consentfeed.list_nodes(),
consentfeed.list_minutes(),
consentfeed.decisions_by_day(integer),
consentfeed.count_consents(),
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
consentfeed.state_tag(text []),
consentfeed.purpose_tag(consentfeed.purposes),
consentfeed.notice_tag(text, bigint, text),
consentfeed.current_status(text, timestamptz),
consentfeed.consent_json(consentfeed.consents, text),
consentfeed.customer_json(consentfeed.customers),
consentfeed.preferences_json(consentfeed.customers),
consentfeed.rights_request_json(consentfeed.rights_requests),
consentfeed.rights_texts_json(uuid),
consentfeed.contact_until(consentfeed.customers, timestamptz),
consentfeed.known_customer_json(consentfeed.customers),
consentfeed.consents_summary(uuid),
consentfeed.consents_filter(),
consentfeed.export_consents(uuid [], text [], text [], text [], text, text, text, timestamptz, timestamptz),
consentfeed.export_cell(text),
consentfeed.language_fits(text, text),
consentfeed.find_customers(text, text, text),
consentfeed.folded_address(text),
consentfeed.small_letters(text),
consentfeed.folded_name(text),
consentfeed.words(text),
consentfeed.separators(),
consentfeed.name_query(text)
TO consentfeed_app;
