-- Customers: the only table, with users and event_notes, that holds personal data. The log refers to the id alone.

CREATE TABLE consentfeed.customers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text CHECK (char_length(name) BETWEEN 1 AND 200),
    email text CHECK (char_length(email) <= 320 AND strpos(email, '@') > 1),
    msisdn text CHECK (msisdn ~ '^[+][1-9][0-9]{4,14}$'),
    language text NOT NULL DEFAULT 'en' CHECK (language ~ '^[a-z]{2,3}(-[A-Za-z0-9]{1,8})*$'),
    created_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    erased_at timestamptz,
    version bigint NOT NULL DEFAULT 0,
    email_changed_at timestamptz,
    msisdn_changed_at timestamptz,
    actor_kind text NOT NULL DEFAULT 'database' CHECK (
        actor_kind IN ('customer', 'csr', 'admin', 'service', 'system', 'database')
    ),
    actor_id text NOT NULL DEFAULT current_user,
    method text NOT NULL DEFAULT 'sql',
    -- Filled in by fold_customer(), and in the collation of no locale: found and sorted in the same way in every database.
    name_words tsvector NOT NULL,
    name_key text COLLATE "C" NOT NULL,
    email_key text COLLATE "C"
);
COMMENT ON TABLE consentfeed.customers IS 'One row per customer; all personal data of customers is here, so that a person can be erased without touching the log.';
COMMENT ON COLUMN consentfeed.customers.id IS 'Chosen by the customer app; a UUID because it enters the log, where nothing personal (a number, an account name) may stand.';
COMMENT ON COLUMN consentfeed.customers.name IS 'Full name as the customer writes it; NULL once erased.';
COMMENT ON COLUMN consentfeed.customers.email IS 'E-mail address; not unique: a family may share one.';
COMMENT ON COLUMN consentfeed.customers.msisdn IS 'Phone number in E.164 form, for example +94771234567.';
COMMENT ON COLUMN consentfeed.customers.language IS 'BCP 47 tag of the language in which notices are shown when none is asked for.';
COMMENT ON COLUMN consentfeed.customers.created_at IS 'When the customer was registered here.';
COMMENT ON COLUMN consentfeed.customers.updated_at IS 'When the registration last changed.';
COMMENT ON COLUMN consentfeed.customers.erased_at IS 'When the personal data was emptied; NULL while it stands.';
COMMENT ON COLUMN consentfeed.customers.version IS 'Grows by one with each customer-updated event.';
COMMENT ON COLUMN consentfeed.customers.email_changed_at IS 'When the e-mail address was last replaced: consents given before were given for another one. NULL: never.';
COMMENT ON COLUMN consentfeed.customers.msisdn_changed_at IS 'When the number was last replaced: consents given before were given for another one. NULL: never.';
COMMENT ON COLUMN consentfeed.customers.actor_kind IS 'Who changed it last: csr, admin, service, customer, system; database is somebody with SQL.';
COMMENT ON COLUMN consentfeed.customers.actor_id IS 'Which account, or which SQL role.';
COMMENT ON COLUMN consentfeed.customers.method IS 'By what: rest, sql.';
COMMENT ON COLUMN consentfeed.customers.name_words IS 'The words of the name, folded, so that "a prefix of a word of the name" is one index look-up.';
COMMENT ON COLUMN consentfeed.customers.name_key IS 'The name, folded, by which customers are sorted.';
COMMENT ON COLUMN consentfeed.customers.email_key IS 'The e-mail address, folded, by which it is compared.';

CREATE INDEX customers_name_words ON consentfeed.customers USING gin (name_words);
CREATE INDEX customers_email ON consentfeed.customers (email_key text_pattern_ops, id);
CREATE INDEX customers_msisdn ON consentfeed.customers (msisdn text_pattern_ops, id);
-- Found by the last digits, too: they are the first ones from behind.
CREATE INDEX customers_msisdn_ending ON consentfeed.customers (reverse(msisdn) text_pattern_ops, id);
-- Lists of customers and of consents by name are read in this order, page by page.
CREATE INDEX customers_name ON consentfeed.customers (name_key, id);

INSERT INTO consentfeed.migrations (name) VALUES ('0002_customers');
