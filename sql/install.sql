-- Everything, in order: psql -v ON_ERROR_STOP=1 -1 -f install.sql. "consentfeed migrate" and the loop of README.md read this list.
-- Order matters: a function may only use what stands above it. This is the only list of the files.
\ir migrations/0001_migrations.sql
\ir migrations/0002_customers.sql
\ir migrations/0003_purposes.sql
\ir migrations/0004_notices.sql
\ir migrations/0005_consents.sql
\ir migrations/0006_events.sql
\ir migrations/0007_event_notes.sql
\ir migrations/0008_users.sql
\ir migrations/0009_sessions.sql
\ir migrations/0010_idempotency_keys.sql
\ir migrations/0011_preferences.sql
\ir migrations/0012_nodes.sql
\ir migrations/0013_access_trail.sql
\ir migrations/0014_channels.sql

\ir functions/log/rfc3339.sql
\ir functions/consents/current_status.sql
\ir functions/consents/consent_json.sql
\ir functions/consents/event_content.sql
\ir functions/consents/consent_event.sql
\ir functions/consents/collect_events.sql
\ir functions/consents/next_state.sql
\ir functions/consents/stamp_actor.sql
\ir functions/consents/stamp_state.sql
\ir functions/consents/record_decisions.sql
\ir functions/consents/expire_held.sql
\ir functions/consents/expire_consents.sql
\ir functions/consents/list_consents.sql
\ir functions/consents/customer_consents.sql
\ir functions/consents/one_consent.sql
\ir functions/consents/consent_ids.sql

\ir functions/log/append_events.sql
\ir functions/log/append_uncommitted.sql
\ir functions/log/refuse_change.sql
\ir functions/log/guard_log_table.sql
\ir functions/log/add_event_partitions.sql
\ir functions/log/drop_oldest_partition.sql
\ir functions/log/customer_place.sql
\ir functions/log/events_after.sql
\ir functions/log/customer_events_after.sql
\ir functions/log/consent_history.sql
\ir functions/log/judge_place.sql
\ir functions/log/log_head.sql
\ir functions/log/broken_chain.sql
\ir functions/log/differing_consents.sql
\ir functions/log/verify_log.sql
\ir functions/log/kept_events.sql

\ir functions/customers/customer_json.sql
\ir functions/customers/stamp_customer.sql
\ir functions/customers/customer_event.sql
\ir functions/customers/collect_customer_events.sql
\ir functions/customers/register_customer.sql
\ir functions/customers/find_customers.sql
\ir functions/customers/list_customers.sql

\ir functions/purposes/notice_in_force.sql
\ir functions/purposes/stamp_notice.sql
\ir functions/purposes/list_purposes.sql
\ir functions/purposes/save_purpose.sql
\ir functions/purposes/give_consents.sql
\ir functions/purposes/list_notices.sql
\ir functions/purposes/save_draft.sql
\ir functions/purposes/publish_notice.sql

\ir functions/accounts/session_open.sql
\ir functions/accounts/user_json.sql
\ir functions/accounts/find_user.sql
\ir functions/accounts/add_user.sql
\ir functions/accounts/disable_user.sql
\ir functions/accounts/list_users.sql
\ir functions/accounts/one_user.sql
\ir functions/accounts/change_user.sql
\ir functions/accounts/admit_account.sql
\ir functions/accounts/open_session.sql
\ir functions/accounts/find_sessions.sql
\ir functions/accounts/touch_sessions.sql
\ir functions/accounts/end_session.sql
\ir functions/accounts/end_own_sessions.sql
\ir functions/accounts/end_provider_sessions.sql
\ir functions/accounts/ended_sessions.sql
\ir functions/accounts/own_sessions.sql
\ir functions/accounts/list_sessions.sql
\ir functions/accounts/find_preferences.sql
\ir functions/accounts/save_preferences.sql

\ir functions/trail/access_filters.sql
\ir functions/trail/record_accesses.sql
\ir functions/trail/list_accesses.sql
\ir functions/trail/forget_accesses.sql

\ir functions/operations/forget_expired.sql
\ir functions/operations/report_node.sql
\ir functions/operations/forget_node.sql
\ir functions/operations/list_nodes.sql
\ir functions/operations/differing_rights.sql
\ir functions/operations/server_state.sql
\ir functions/operations/held_locks.sql
\ir functions/operations/present_objects.sql
\ir functions/operations/differing_objects.sql

\ir triggers.sql
\ir grants.sql
\ir policies.sql
\ir inventory.sql
