-- Who may sign in, and who has.

CREATE TABLE consentfeed.users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email text NOT NULL CHECK (char_length(email) <= 320 AND strpos(email, '@') > 1),
    role text NOT NULL CHECK (role IN ('customer', 'csr', 'admin', 'service')),
    password_hash text,
    customer_id uuid REFERENCES consentfeed.customers (id),
    created_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    disabled_at timestamptz,
    -- One person, one id: what a customer's events name as actor is the customer.
    CHECK ((role = 'customer') = (customer_id IS NOT NULL AND customer_id = id))
);
COMMENT ON TABLE consentfeed.users IS 'Accounts of staff, of customer apps, and of customers who sign in here.';
COMMENT ON COLUMN consentfeed.users.id IS 'Id of the account; for a customer the customer''s own id.';
COMMENT ON COLUMN consentfeed.users.email IS 'Name to sign in with; upper and lower case do not matter.';
COMMENT ON COLUMN consentfeed.users.role IS 'customer: own consents; csr: all customers; admin: all that, and settings; service: a customer app''s back end.';
COMMENT ON COLUMN consentfeed.users.password_hash IS 'Argon2 hash; NULL: no sign-in with a password.';
COMMENT ON COLUMN consentfeed.users.customer_id IS 'The customer this account belongs to; NULL for staff and services.';
COMMENT ON COLUMN consentfeed.users.created_at IS 'When the account was made.';
COMMENT ON COLUMN consentfeed.users.disabled_at IS 'When it was disabled; NULL while it may sign in.';

CREATE UNIQUE INDEX users_email ON consentfeed.users (lower(email));

CREATE TABLE consentfeed.sessions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES consentfeed.users (id),
    token_sha256 bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    expires_at timestamptz NOT NULL,
    ended_at timestamptz
);
COMMENT ON TABLE consentfeed.sessions IS 'Sign-ins with a cookie. The cookie''s token itself is not kept, only its hash.';
COMMENT ON COLUMN consentfeed.sessions.id IS 'Id of the session.';
COMMENT ON COLUMN consentfeed.sessions.user_id IS 'Who signed in.';
COMMENT ON COLUMN consentfeed.sessions.token_sha256 IS 'SHA-256 of the token in the cookie.';
COMMENT ON COLUMN consentfeed.sessions.created_at IS 'When the session began.';
COMMENT ON COLUMN consentfeed.sessions.expires_at IS 'When it ends at the latest.';
COMMENT ON COLUMN consentfeed.sessions.ended_at IS 'When it was ended by signing out; NULL while it is open.';

-- What forget_expired() looks for.
CREATE INDEX sessions_expires_at ON consentfeed.sessions (expires_at);

INSERT INTO consentfeed.migrations (name) VALUES ('0006_sign_in');
