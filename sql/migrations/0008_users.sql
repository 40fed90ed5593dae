-- Who may sign in.

CREATE TABLE consentfeed.users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email text NOT NULL,
    -- Filled in by fold_user(), and in the collation of no locale: to a Turkish one, i is no small I.
    email_key text COLLATE "C" NOT NULL,
    role text NOT NULL CHECK (role IN ('customer', 'csr', 'admin', 'service')),
    password_hash text,
    customer_id uuid REFERENCES consentfeed.customers (id),
    created_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    disabled_at timestamptz,
    issuer text,
    subject text,
    CONSTRAINT users_email_check CHECK (char_length(email) <= 320 AND (strpos(email, '@') > 1 OR issuer IS NOT NULL)),
    CONSTRAINT users_issuer_check CHECK (
        (issuer IS NULL) = (subject IS NULL) AND (issuer IS NULL OR password_hash IS NULL)
    ),
    -- One person, one id: what a customer's events name as actor is the customer.
    CHECK ((role = 'customer') = (customer_id IS NOT NULL AND customer_id = id))
);
COMMENT ON TABLE consentfeed.users IS 'Accounts of staff, of customer apps, and of customers who sign in here.';
COMMENT ON COLUMN consentfeed.users.id IS 'Id of the account; for a customer the customer''s own id.';
COMMENT ON COLUMN consentfeed.users.email IS 'Name to sign in with; upper and lower case do not matter. Of an account from outside: what its provider calls it, which need not be an address.';
COMMENT ON COLUMN consentfeed.users.email_key IS 'The same, folded, by which accounts are compared and sorted.';
COMMENT ON COLUMN consentfeed.users.role IS 'customer: own consents; csr: all customers; admin: all that, and settings; service: a customer app''s back end.';
COMMENT ON COLUMN consentfeed.users.password_hash IS 'Argon2 hash; NULL: no sign-in with a password.';
COMMENT ON COLUMN consentfeed.users.customer_id IS 'The customer this account belongs to; NULL for staff and services.';
COMMENT ON COLUMN consentfeed.users.created_at IS 'When the account was made.';
COMMENT ON COLUMN consentfeed.users.disabled_at IS 'When it was disabled; NULL while it may sign in.';
COMMENT ON COLUMN consentfeed.users.issuer IS 'The identity provider that signs this account in; NULL for an account of our own.';
COMMENT ON COLUMN consentfeed.users.subject IS 'Who it is to that provider; NULL for an account of our own.';

-- An address is a name to sign in with among our own accounts alone: a provider may say whatever address it likes.
CREATE UNIQUE INDEX users_email ON consentfeed.users (email_key) WHERE issuer IS NULL;
-- What list_users() walks along.
CREATE INDEX users_by_email ON consentfeed.users (email_key, id);
CREATE UNIQUE INDEX users_subject ON consentfeed.users (issuer, subject) WHERE issuer IS NOT NULL;

INSERT INTO consentfeed.migrations (name) VALUES ('0008_users');
