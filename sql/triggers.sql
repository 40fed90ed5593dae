-- Which trigger calls what, all on one page. What stamps a consent or makes its event fires for statements of this server
-- alone (PostgreSQL calls it the origin): a row that logical replication brings was stamped where it was made, and its event
-- comes with it. What refuses is ALWAYS wherever it lets such a row pass: session_replication_role must not silence it.

CREATE OR REPLACE TRIGGER stamp BEFORE INSERT OR UPDATE ON consentfeed.notices
FOR EACH ROW EXECUTE FUNCTION consentfeed.stamp_notice();
CREATE OR REPLACE TRIGGER stamp_delete BEFORE DELETE ON consentfeed.notices
FOR EACH ROW EXECUTE FUNCTION consentfeed.stamp_notice();
CREATE OR REPLACE TRIGGER stamp_truncate BEFORE TRUNCATE ON consentfeed.notices
FOR EACH STATEMENT EXECUTE FUNCTION consentfeed.stamp_notice();
CREATE OR REPLACE TRIGGER collect_inserted AFTER INSERT ON consentfeed.notices
REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION consentfeed.collect_notice_events();
CREATE OR REPLACE TRIGGER collect_updated AFTER UPDATE ON consentfeed.notices
REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION consentfeed.collect_notice_events();

-- The setting is forget_accesses()'s; it counts for who has all rights on log_order, as those below do.
CREATE OR REPLACE TRIGGER refuse_change BEFORE UPDATE OR TRUNCATE ON consentfeed.access_trail
FOR EACH STATEMENT
EXECUTE FUNCTION consentfeed.refuse_change(
    '%1$s of %2$s is refused: lines are added, and go by age alone',
    'Retention deletes old lines: SELECT consentfeed.forget_accesses(365, 10000).'
);
CREATE OR REPLACE TRIGGER refuse_delete BEFORE DELETE ON consentfeed.access_trail
FOR EACH STATEMENT
WHEN (current_setting('consentfeed.forgetting', true) IS DISTINCT FROM 'on'
    OR NOT has_table_privilege('consentfeed.log_order', 'TRUNCATE'))
EXECUTE FUNCTION consentfeed.refuse_change(
    '%1$s of %2$s is refused: lines are added, and go by age alone',
    'Retention deletes old lines: SELECT consentfeed.forget_accesses(365, 10000).'
);

CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON consentfeed.tiles
FOR EACH STATEMENT
EXECUTE FUNCTION consentfeed.refuse_change(
    '%1$s of %2$s is refused: the tree over the log is append-only',
    'SELECT * FROM consentfeed.broken_tree() says where it does not fit the log.'
);
CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON consentfeed.dropped_hashes
FOR EACH STATEMENT
EXECUTE FUNCTION consentfeed.refuse_change(
    '%1$s of %2$s is refused: the tree over the log is append-only',
    'SELECT * FROM consentfeed.broken_tree() says where it does not fit the log.'
);
CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON consentfeed.checkpoints
FOR EACH STATEMENT
EXECUTE FUNCTION consentfeed.refuse_change(
    '%1$s of %2$s is refused: what may have been signed stays known',
    'After a restore give the log another name: docs/operations.md says how.'
);

CREATE OR REPLACE TRIGGER refuse_delete BEFORE DELETE OR TRUNCATE ON consentfeed.consents
FOR EACH STATEMENT
EXECUTE FUNCTION consentfeed.refuse_change(
    'consents are not deleted', 'It would leave no event. Set status = ''revoked'' instead.'
);

CREATE OR REPLACE TRIGGER fold BEFORE INSERT OR UPDATE ON consentfeed.customers
FOR EACH ROW EXECUTE FUNCTION consentfeed.fold_customer();
CREATE OR REPLACE TRIGGER fold BEFORE INSERT OR UPDATE ON consentfeed.users
FOR EACH ROW EXECUTE FUNCTION consentfeed.fold_user();
CREATE OR REPLACE TRIGGER stamp BEFORE UPDATE ON consentfeed.customers
FOR EACH ROW EXECUTE FUNCTION consentfeed.stamp_customer();
CREATE OR REPLACE TRIGGER collect_updated AFTER UPDATE ON consentfeed.customers
REFERENCING OLD TABLE AS former NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION consentfeed.collect_customer_events();

-- A row with a version comes from another database, and so do its events: taken for a new one, it would make others here.
CREATE OR REPLACE TRIGGER before_1_refuse_restored BEFORE INSERT ON consentfeed.consents
FOR EACH ROW
WHEN (new.version <> 0)
EXECUTE FUNCTION consentfeed.refuse_change(
    'a consent that has a version is not inserted',
    'Insert it with a status alone. A dump is restored as a whole, schema and data, into an empty database.'
);

-- Conditions are written so that a dump brings back the very same: a comparison of rows, for one, comes back as comparisons
-- of columns, and would be taken for altered.
-- Triggers of one kind fire in the order of their names. What was written beside a new status is overwritten by the stamps.
-- Where the setting is on and the user has all rights on log_order, record_decisions() or expire_consents() is writing, which
-- run as the owner and do by the batch what the triggers do by the row. Anybody can make the setting, but then has not the
-- rights; the owner may be a person in psql, but then the setting is off.
CREATE OR REPLACE TRIGGER before_1_refuse_identity BEFORE UPDATE ON consentfeed.consents
FOR EACH ROW
WHEN (new.id IS DISTINCT FROM old.id OR new.customer_id IS DISTINCT FROM old.customer_id
    OR new.purpose IS DISTINCT FROM old.purpose OR new.channel IS DISTINCT FROM old.channel)
EXECUTE FUNCTION consentfeed.refuse_change(
    'only status can be changed in consents',
    'Whose consent it is, its purpose and channel never change; all other columns follow from status.'
);
CREATE OR REPLACE TRIGGER before_1_refuse_version BEFORE UPDATE ON consentfeed.consents
FOR EACH ROW
WHEN (new.status = old.status AND new.version IS DISTINCT FROM old.version AND (
    current_setting('consentfeed.recording', true) IS DISTINCT FROM 'on'
    OR NOT has_table_privilege('consentfeed.log_order', 'TRUNCATE')))
EXECUTE FUNCTION consentfeed.refuse_change(
    'only status can be changed in consents',
    'Whose consent it is, its purpose and channel never change; all other columns follow from status.'
);
CREATE OR REPLACE TRIGGER before_2_stamp_actor BEFORE INSERT OR UPDATE OF status ON consentfeed.consents
FOR EACH ROW
WHEN (current_setting('consentfeed.recording', true) IS DISTINCT FROM 'on'
    OR NOT has_table_privilege('consentfeed.log_order', 'TRUNCATE'))
EXECUTE FUNCTION consentfeed.stamp_actor();
CREATE OR REPLACE TRIGGER before_3_stamp_state BEFORE INSERT OR UPDATE OF status ON consentfeed.consents
FOR EACH ROW
WHEN (current_setting('consentfeed.recording', true) IS DISTINCT FROM 'on'
    OR NOT has_table_privilege('consentfeed.log_order', 'TRUNCATE'))
EXECUTE FUNCTION consentfeed.stamp_state();
-- After the stamps a row is either as it was or one version further; anything else was written without a status.
CREATE OR REPLACE TRIGGER before_4_refuse_silent BEFORE UPDATE ON consentfeed.consents
FOR EACH ROW
WHEN (new.version = old.version AND new IS DISTINCT FROM old)
EXECUTE FUNCTION consentfeed.refuse_change(
    'only status can be changed in consents',
    'Whose consent it is, its purpose and channel never change; all other columns follow from status.'
);

-- Two triggers, because each event has transition tables of its own; former is what the rows were.
CREATE OR REPLACE TRIGGER collect_inserted AFTER INSERT ON consentfeed.consents
REFERENCING NEW TABLE AS written
FOR EACH STATEMENT
WHEN (current_setting('consentfeed.recording', true) IS DISTINCT FROM 'on'
    OR NOT has_table_privilege('consentfeed.log_order', 'TRUNCATE'))
EXECUTE FUNCTION consentfeed.collect_events();
CREATE OR REPLACE TRIGGER collect_updated AFTER UPDATE ON consentfeed.consents
REFERENCING OLD TABLE AS former NEW TABLE AS written
FOR EACH STATEMENT
WHEN (current_setting('consentfeed.recording', true) IS DISTINCT FROM 'on'
    OR NOT has_table_privilege('consentfeed.log_order', 'TRUNCATE'))
EXECUTE FUNCTION consentfeed.collect_events();

CREATE OR REPLACE TRIGGER before_1_stamp_actor BEFORE INSERT OR UPDATE ON consentfeed.rights_requests
FOR EACH ROW
WHEN (current_setting('consentfeed.recording', true) IS DISTINCT FROM 'on'
    OR NOT has_table_privilege('consentfeed.log_order', 'TRUNCATE'))
EXECUTE FUNCTION consentfeed.stamp_rights_actor();
CREATE OR REPLACE TRIGGER before_2_stamp_request BEFORE INSERT OR UPDATE ON consentfeed.rights_requests
FOR EACH ROW EXECUTE FUNCTION consentfeed.stamp_rights_request();
CREATE OR REPLACE TRIGGER collect_inserted AFTER INSERT ON consentfeed.rights_requests
REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION consentfeed.collect_rights_events();
CREATE OR REPLACE TRIGGER collect_updated AFTER UPDATE ON consentfeed.rights_requests
REFERENCING OLD TABLE AS former NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION consentfeed.collect_rights_events();
CREATE OR REPLACE TRIGGER refuse_delete BEFORE DELETE OR TRUNCATE ON consentfeed.rights_requests
FOR EACH STATEMENT
EXECUTE FUNCTION consentfeed.refuse_change(
    'requests are not deleted', 'It would leave no event. Set status = ''cancelled'' instead.'
);
CREATE OR REPLACE TRIGGER stamp BEFORE UPDATE ON consentfeed.deadlines
FOR EACH ROW EXECUTE FUNCTION consentfeed.stamp_deadline();
CREATE OR REPLACE TRIGGER move_inserted AFTER INSERT ON consentfeed.holidays
REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION consentfeed.move_for_holidays();
CREATE OR REPLACE TRIGGER move_updated AFTER UPDATE ON consentfeed.holidays
REFERENCING OLD TABLE AS former NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION consentfeed.move_for_holidays();
CREATE OR REPLACE TRIGGER move_deleted AFTER DELETE ON consentfeed.holidays
REFERENCING OLD TABLE AS former
FOR EACH STATEMENT EXECUTE FUNCTION consentfeed.move_for_holidays();
CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON consentfeed.holidays
FOR EACH STATEMENT
EXECUTE FUNCTION consentfeed.refuse_change(
    'holidays are not truncated', 'Deadlines would not follow. DELETE them instead.'
);
CREATE OR REPLACE TRIGGER move_updated AFTER UPDATE ON consentfeed.calendar
FOR EACH ROW EXECUTE FUNCTION consentfeed.move_for_calendar();
CREATE OR REPLACE TRIGGER refuse_delete BEFORE DELETE OR TRUNCATE ON consentfeed.calendar
FOR EACH STATEMENT
EXECUTE FUNCTION consentfeed.refuse_change(
    'the calendar is not deleted', 'Deadlines are counted by it. UPDATE its row instead.'
);

-- Constraint triggers are the only deferred ones, and cannot be replaced in place.
DROP TRIGGER IF EXISTS append_uncommitted ON consentfeed.uncommitted_events;
CREATE CONSTRAINT TRIGGER append_uncommitted AFTER INSERT ON consentfeed.uncommitted_events
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
EXECUTE FUNCTION consentfeed.append_uncommitted();

ALTER TABLE consentfeed.notices ENABLE ALWAYS TRIGGER stamp;
ALTER TABLE consentfeed.notices ENABLE ALWAYS TRIGGER stamp_delete;
ALTER TABLE consentfeed.notices ENABLE ALWAYS TRIGGER stamp_truncate;
ALTER TABLE consentfeed.access_trail ENABLE ALWAYS TRIGGER refuse_change;
ALTER TABLE consentfeed.access_trail ENABLE ALWAYS TRIGGER refuse_delete;
ALTER TABLE consentfeed.tiles ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE consentfeed.dropped_hashes ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE consentfeed.checkpoints ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE consentfeed.rights_requests ENABLE ALWAYS TRIGGER refuse_delete;
ALTER TABLE consentfeed.consents ENABLE ALWAYS TRIGGER refuse_delete;
ALTER TABLE consentfeed.consents ENABLE ALWAYS TRIGGER before_1_refuse_identity;
ALTER TABLE consentfeed.consents ENABLE ALWAYS TRIGGER before_4_refuse_silent;

-- A statement trigger guards only the table that is named, so each partition has its own; add_event_partitions() gives it
-- to new ones.
SELECT consentfeed.guard_log_table(relation.oid::regclass)
FROM pg_catalog.pg_class AS relation
WHERE relation.oid = 'consentfeed.events'::regclass
    OR relation.oid IN (
        SELECT child.inhrelid FROM pg_catalog.pg_inherits AS child WHERE child.inhparent = 'consentfeed.events'::regclass
    );
