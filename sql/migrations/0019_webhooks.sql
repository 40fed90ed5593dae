-- Systems that are sent events, because they cannot hold a stream.

ALTER TABLE consentfeed.followers ADD COLUMN hash bytea;
COMMENT ON COLUMN consentfeed.followers.name IS 'The work: checkpoints, or webhook: and the name of one.';
COMMENT ON COLUMN consentfeed.followers.position IS 'checkpoints: how many events, from row 0 on, have been worked on. A webhook: the newest event that has been delivered, or was not for it.';
COMMENT ON COLUMN consentfeed.followers.hash IS 'The hash of the event at that position, of webhooks alone: whether it is still in this log.';

CREATE TABLE consentfeed.webhooks (
    name text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9-]{0,62}$'),
    url text NOT NULL,
    kinds text [] NOT NULL,
    purposes text [] NOT NULL,
    channels text [] NOT NULL,
    types text [] NOT NULL,
    batch bigint NOT NULL CHECK (batch >= 1 AND batch <= 500),
    personal_data boolean NOT NULL,
    secret bytea NOT NULL,
    old_secret bytea,
    old_secret_until timestamptz,
    tries bigint NOT NULL DEFAULT 0,
    failing_since timestamptz,
    next_try_at timestamptz,
    last_error text,
    last_error_detail text,
    last_error_at timestamptz,
    delivered_at timestamptz,
    disabled_at timestamptz,
    turn bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE consentfeed.webhooks IS 'Endpoints that are sent events. How far each has come stands in followers, under webhook: and its name.';
COMMENT ON COLUMN consentfeed.webhooks.name IS 'What it is called here.';
COMMENT ON COLUMN consentfeed.webhooks.url IS 'Where events are sent. It may hold a secret of the receiver''s: it is shown to admins alone, and never logged.';
COMMENT ON COLUMN consentfeed.webhooks.kinds IS 'Kinds of events that are sent; all: every kind.';
COMMENT ON COLUMN consentfeed.webhooks.purposes IS 'Of events of consents, those of these purposes; empty: of any.';
COMMENT ON COLUMN consentfeed.webhooks.channels IS 'The same of channels.';
COMMENT ON COLUMN consentfeed.webhooks.types IS 'The same of types.';
COMMENT ON COLUMN consentfeed.webhooks.batch IS 'How many events one request holds at most.';
COMMENT ON COLUMN consentfeed.webhooks.personal_data IS 'Whether addresses of customers and texts of reasons are sent.';
COMMENT ON COLUMN consentfeed.webhooks.secret IS 'The secret that signs, sealed with a key made of the service''s secret, which is not in the database.';
COMMENT ON COLUMN consentfeed.webhooks.old_secret IS 'The one before, sealed in the same way.';
COMMENT ON COLUMN consentfeed.webhooks.old_secret_until IS 'Until when the one before signs as well.';
COMMENT ON COLUMN consentfeed.webhooks.tries IS 'How often what comes next has failed.';
COMMENT ON COLUMN consentfeed.webhooks.failing_since IS 'When it failed first; NULL: it has not.';
COMMENT ON COLUMN consentfeed.webhooks.next_try_at IS 'When it is tried again; NULL: at once.';
COMMENT ON COLUMN consentfeed.webhooks.last_error IS 'Why a delivery failed last, as a code.';
COMMENT ON COLUMN consentfeed.webhooks.last_error_detail IS 'More about it, such as the status that was answered; nothing of what was sent or answered.';
COMMENT ON COLUMN consentfeed.webhooks.last_error_at IS 'When that was.';
COMMENT ON COLUMN consentfeed.webhooks.delivered_at IS 'When events were delivered last.';
COMMENT ON COLUMN consentfeed.webhooks.disabled_at IS 'When it was given up; NULL: it was not.';
COMMENT ON COLUMN consentfeed.webhooks.turn IS 'Grows whenever somebody changes the endpoint or its position: who delivers begins anew.';
COMMENT ON COLUMN consentfeed.webhooks.created_at IS 'When it was added.';
COMMENT ON COLUMN consentfeed.webhooks.updated_at IS 'When somebody last changed what is sent, or where.';

INSERT INTO consentfeed.migrations (name) VALUES ('0019_webhooks');
