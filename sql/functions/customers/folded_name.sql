-- Accents and what makes letters wider, smaller or joined go by NFKD and with the marks; so do marks of direction and the
-- joiners, which Sinhala names have or lack by the keyboard. Other marks, such as the vowels of Sinhala and Tamil, stay.
-- Cut, because no lexeme and no entry of an index may be longer than 2,000 bytes.
-- Kept in columns of customers: a change of what it answers needs a migration that computes them anew.
CREATE OR REPLACE FUNCTION consentfeed.folded_name(name text)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN pg_catalog.left(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(
    pg_catalog.translate(
        consentfeed.small_letters(pg_catalog.regexp_replace(
            -- First: taken apart, some of them would be a space and an accent.
            pg_catalog.normalize(pg_catalog.translate(name, '`´ʹʻʼʽˈ՚׳‘’‛′ꞌ', ''''''''''''''''''''''''''''''), 'NFKD')
                COLLATE pg_catalog."C",
            '['
            || pg_catalog.chr(768) || '-' || pg_catalog.chr(879) -- accents
            || pg_catalog.chr(6832) || '-' || pg_catalog.chr(6911)
            || pg_catalog.chr(7616) || '-' || pg_catalog.chr(7679)
            || pg_catalog.chr(8400) || '-' || pg_catalog.chr(8447)
            || pg_catalog.chr(173) || pg_catalog.chr(1564) || pg_catalog.chr(65279) -- soft hyphen, a direction, byte order
            || pg_catalog.chr(8203) || '-' || pg_catalog.chr(8207) -- what has no width
            || pg_catalog.chr(8234) || '-' || pg_catalog.chr(8238)
            || pg_catalog.chr(8288) || '-' || pg_catalog.chr(8303)
            || pg_catalog.chr(6155) || '-' || pg_catalog.chr(6159) -- selectors of a variant
            || pg_catalog.chr(65024) || '-' || pg_catalog.chr(65039)
            || pg_catalog.chr(917504) || '-' || pg_catalog.chr(921599) -- and tags
            || ']+',
            '', 'g'
        )),
        'ıøđðħłŧƀɨςƶ', 'ioddhltbiσz'
    ),
    'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'), 500);

COMMENT ON FUNCTION consentfeed.folded_name IS 'A name as names are compared and sorted: small letters without accents, one kind of apostrophe, nothing invisible; the same in every database.';
