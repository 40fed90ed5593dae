-- Since when work is held: a clock that went back would leave it with a process that is gone, for as long as the clock had
-- been ahead.

ALTER TABLE consentfeed.followers ADD COLUMN held_from timestamptz NOT NULL DEFAULT '-infinity';
COMMENT ON COLUMN consentfeed.followers.held_from IS 'When the holder took it, or last said that it keeps it. A clock that is before this time has gone back since, and another process may take it.';

INSERT INTO consentfeed.migrations (name) VALUES ('0027_held_from');
