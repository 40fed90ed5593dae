-- Accents and what makes letters wider, smaller or joined go by NFKD and with the marks; so do marks of direction and the
-- joiners, which Sinhala names have or lack by the keyboard. Other marks, such as the vowels of Sinhala and Tamil, stay.
-- Kept in columns of customers: a change of what it answers needs a migration that computes them anew.
CREATE OR REPLACE FUNCTION consentfeed.folded_name(name text)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT replace(replace(replace(replace(
        translate(
            consentfeed.small_letters(regexp_replace(
                -- First: taken apart, some of them would be a space and an accent.
                normalize(translate(name, '`´ʹʻʼʽˈ՚׳‘’‛′ꞌ', repeat('''', 14)), NFKD) COLLATE "C",
                '['
                || chr(768) || '-' || chr(879) || chr(6832) || '-' || chr(6911) || chr(7616) || '-' || chr(7679) -- accents
                || chr(8400) || '-' || chr(8447)
                || chr(173) || chr(1564) || chr(65279) -- soft hyphen, a mark of direction, byte order mark
                || chr(8203) || '-' || chr(8207) || chr(8234) || '-' || chr(8238) || chr(8288) || '-' || chr(8303) -- no width
                || chr(6155) || '-' || chr(6159) || chr(65024) || '-' || chr(65039) -- selectors of a variant
                || chr(917504) || '-' || chr(921599) -- and tags
                || ']+',
                '', 'g'
            )),
            'ıøđðħłŧƀɨςƶ', 'ioddhltbiσz'
        ),
        'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th')
$$;
COMMENT ON FUNCTION consentfeed.folded_name IS 'A name as names are compared and sorted: small letters without accents, one kind of apostrophe, nothing invisible; the same in every database.';
