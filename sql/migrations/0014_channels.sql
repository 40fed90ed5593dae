-- What a channel reaches. A channel that is not here reaches neither a number nor an address.

CREATE TABLE consentfeed.channels (
    key text PRIMARY KEY CHECK (key ~ '^[a-z][a-z0-9-]{0,31}$'),
    address text NOT NULL CHECK (address IN ('email', 'msisdn')),
    on_change text NOT NULL DEFAULT 'keep' CHECK (on_change IN ('keep', 'expire'))
);
COMMENT ON TABLE consentfeed.channels IS 'Channels that reach a customer by number or e-mail address, and what becomes of grants when that changes. The DBA changes rows here.';
COMMENT ON COLUMN consentfeed.channels.key IS 'The channel, as in purposes and consents.';
COMMENT ON COLUMN consentfeed.channels.address IS 'What it reaches: msisdn (the number) or email.';
COMMENT ON COLUMN consentfeed.channels.on_change IS 'When the number or address of a customer is replaced: keep (grants stay, and are shown as given before) or expire (they end, and the customer is asked again).';

INSERT INTO consentfeed.channels (key, address) VALUES ('sms', 'msisdn'), ('voice', 'msisdn'), ('email', 'email');

INSERT INTO consentfeed.migrations (name) VALUES ('0014_channels');
