-- What people wrote beside a decision. Apart from the log, because it may be emptied.

CREATE TABLE consentfeed.event_notes (
    seq bigint PRIMARY KEY,
    salt text NOT NULL,
    note text
);
COMMENT ON TABLE consentfeed.event_notes IS 'Free text that belongs to an event. May be emptied; the log keeps only a salted hash of it.';
COMMENT ON COLUMN consentfeed.event_notes.seq IS 'Position of the event.';
COMMENT ON COLUMN consentfeed.event_notes.salt IS 'Random text put before the note when hashing, so that a short note cannot be guessed from its hash.';
COMMENT ON COLUMN consentfeed.event_notes.note IS 'The text; NULL once emptied.';

INSERT INTO consentfeed.migrations (name) VALUES ('0007_event_notes');
