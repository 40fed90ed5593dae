-- The log: append-only, gap-free in commit order, each row hashed onto the one before it.

CREATE TABLE consentfeed.log_order ();
COMMENT ON TABLE consentfeed.log_order IS 'Always empty. Locked in EXCLUSIVE mode by append_events() at commit: the order of these locks is the order of the log. A table, because an advisory lock could be taken by any role.';

-- No foreign keys on purpose: while the log is locked nothing else may be waited for, and a key check waits for whoever holds the other row.
CREATE TABLE consentfeed.events (
    seq bigint NOT NULL,
    type text NOT NULL,
    consent_id uuid,
    customer_id uuid,
    recorded_at timestamptz NOT NULL,
    body text NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (seq)
) PARTITION BY RANGE (seq);
COMMENT ON TABLE consentfeed.events IS 'Everything that happened to consents, in commit order without gaps. Nobody can update, delete or truncate it; retention drops whole partitions.';
COMMENT ON COLUMN consentfeed.events.seq IS 'Position: grows by exactly one per event in the order of commits. 0 is the row "log-created".';
COMMENT ON COLUMN consentfeed.events.type IS 'granted, revoked, expired (of a consent); customer-updated; preferences-updated; rights-request-updated; customer-erased; notice-published; log-created for row 0; other kinds may come.';
COMMENT ON COLUMN consentfeed.events.consent_id IS 'The consent that changed; NULL for other kinds of events.';
COMMENT ON COLUMN consentfeed.events.customer_id IS 'The customer concerned; NULL where there is none.';
COMMENT ON COLUMN consentfeed.events.recorded_at IS 'When it was appended, at commit; never before the row before it. The time of the decision is "timestamp" in the body.';
COMMENT ON COLUMN consentfeed.events.body IS 'The event as JSON text, exactly as hashed: all other columns but hash, and all that the feed shows but personal data.';
COMMENT ON COLUMN consentfeed.events.hash IS 'sha256(hash of the row before || body in UTF-8); row 0: sha256(body).';

CREATE INDEX events_consent_id ON consentfeed.events (consent_id, seq);
CREATE INDEX events_customer_id ON consentfeed.events (customer_id, seq);

-- The partition to begin with and two ahead, as add_event_partitions() makes them. LIKE brings the comments along.
CREATE TABLE consentfeed.events_p0 (LIKE consentfeed.events INCLUDING ALL);
CREATE TABLE consentfeed.events_p1 (LIKE consentfeed.events INCLUDING ALL);
CREATE TABLE consentfeed.events_p2 (LIKE consentfeed.events INCLUDING ALL);
COMMENT ON TABLE consentfeed.events_p0 IS 'Events 0 to 9999999.';
COMMENT ON TABLE consentfeed.events_p1 IS 'Events 10000000 to 19999999.';
COMMENT ON TABLE consentfeed.events_p2 IS 'Events 20000000 to 29999999.';
ALTER TABLE consentfeed.events ATTACH PARTITION consentfeed.events_p0 FOR VALUES FROM (0) TO (10000000);
ALTER TABLE consentfeed.events ATTACH PARTITION consentfeed.events_p1 FOR VALUES FROM (10000000) TO (20000000);
ALTER TABLE consentfeed.events ATTACH PARTITION consentfeed.events_p2 FOR VALUES FROM (20000000) TO (30000000);

CREATE TABLE consentfeed.dropped_partitions (
    last_seq bigint PRIMARY KEY,
    last_hash bytea NOT NULL,
    dropped_at timestamptz NOT NULL DEFAULT statement_timestamp()
);
COMMENT ON TABLE consentfeed.dropped_partitions IS 'What retention has taken away: the newest row is the place before the first kept event, where verifying begins.';
COMMENT ON COLUMN consentfeed.dropped_partitions.last_seq IS 'Position of the last event that was dropped.';
COMMENT ON COLUMN consentfeed.dropped_partitions.last_hash IS 'Its hash, onto which the first kept event is chained.';
COMMENT ON COLUMN consentfeed.dropped_partitions.dropped_at IS 'When the partition was dropped.';

CREATE TYPE consentfeed.new_event AS (type text, consent_id uuid, customer_id uuid, content text);
COMMENT ON TYPE consentfeed.new_event IS 'An event that has no place in the log yet; content is its body without the beginning, seq and recorded_at.';

-- Unlogged: after a crash no transaction is left that could need a row.
CREATE UNLOGGED TABLE consentfeed.uncommitted_events (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    events consentfeed.new_event [] NOT NULL
);
COMMENT ON TABLE consentfeed.uncommitted_events IS 'The events of a transaction that changes consents with plain SQL, up to a thousand a row, from its statements until its commit, which appends them to the log and deletes the rows. Empty to everybody else.';
COMMENT ON COLUMN consentfeed.uncommitted_events.id IS 'In the order of the statements.';
COMMENT ON COLUMN consentfeed.uncommitted_events.events IS 'The events, but for what only their place in the log can give.';

-- Row 0 makes two logs different from their first row on: its random member enters every later hash.
INSERT INTO consentfeed.events (seq, type, recorded_at, body, hash)
SELECT 0, 'log-created', row0.at, row0.body, sha256(convert_to(row0.body, 'UTF8'))
FROM (
    SELECT now.at, format(
        '{"seq":0,"type":"log-created","consent_id":null,"customer_id":null,"recorded_at":"%s","random":"%s"}',
        to_char(now.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), gen_random_uuid()
    ) AS body
    FROM (SELECT clock_timestamp() AS at) AS now
) AS row0;

INSERT INTO consentfeed.migrations (name) VALUES ('0006_events');
