-- Demo data: a made-up Sri Lankan telecom operator, its purposes and notices, 304 made-up customers and their consents.
-- "consentfeed dev" runs it once on a freshly migrated, empty database, as the owner, in one transaction:
--     psql -v ON_ERROR_STOP=1 -1 -f demo.sql
-- Never run it where real customers are: consents and events cannot be deleted again.
--
-- All of it takes the ordinary ways (register_customer, import_rows, record_decisions, expire_consents, UPDATE), so the log it
-- leaves is an ordinary one: every state has its events, and verify_log() finds nothing. The clock is the real one: all of it is
-- recorded just now. Most decisions were made elsewhere in the two years before, and come in with their dates, as the import of
-- an operator's former system does. Nothing is random: people, ids and answers are derived from row numbers and hashes, the same at every
-- run. Only the ids of consents and requests, made by the tables' defaults, and the references of requests differ, and with them the order within one call.

-- Purposes ----------------------------------------------------------------------------------------------------------------

INSERT INTO consentfeed.purposes (position, key, title, description, channels, dpv_term, default_validity) VALUES
(10, 'bill-reminders', 'Bill reminders', 'We remind you before a bill is due and confirm your payments.',
    '{sms,email}', 'dpv:PaymentManagement', NULL),
(20, 'marketing', 'News and offers', 'We tell you about our own packages, devices and special offers.',
    '{sms,email,push,voice}', 'dpv:DirectMarketing', '24 months'),
(30, 'partner-offers', 'Offers from partners', 'We send you offers of our partners, such as banks, shops and insurers.',
    '{sms,email}', 'dpv:Advertising', '12 months'),
(40, 'profiling', 'Personal recommendations', 'We look at how you use calls and data to recommend packages that suit you.',
    '{email,push}', 'dpv:ProvidePersonalisedRecommendations', '12 months'),
(50, 'location-services', 'Near you', 'We use the location of your phone to tell you about our shops, Wi-Fi and offers near you.',
    '{push}', 'dpv:ServicePersonalisation', '12 months'),
(60, 'network-analytics', 'Network quality', 'Our app measures signal, speed and dropped calls, so that we can improve the network.',
    '{push}', 'dpv:ServiceOptimisation', NULL),
(70, 'surveys', 'Surveys', 'We ask you now and then how satisfied you are with our service.',
    '{voice}', 'dpv:ImproveExistingProductsAndServices', '12 months'),
(80, 'roaming-offers', 'Roaming offers', 'When you travel abroad, we tell you about roaming prices and packages there.',
    '{sms}', 'dpv:ProvideProductRecommendations', '24 months');

-- Notices -----------------------------------------------------------------------------------------------------------------

-- All versions in English, Sinhala and Tamil. Only version 1 is published now; version 2 stays a draft until further down.
-- In English a notice is called what its purpose is called.
INSERT INTO consentfeed.notices (purpose, version, language, published_at, text, title, description)
SELECT
    body.purpose, body.version, body.language, CASE body.version WHEN 1 THEN statement_timestamp() END,
    body.text || ' ' || closing.text, words.title, words.description
FROM (VALUES
    ('bill-reminders', 1, 'en', 'We remind you before your bill is due, and send you a message when you have paid. Your service and your bill stay the same with or without reminders.'),
    ('bill-reminders', 1, 'si', 'ඔබේ බිල්පත ගෙවිය යුතු දිනයට පෙර අපි ඔබට මතක් කරන්නෙමු. ඔබ ගෙවූ පසු ඒ බව දන්වා පණිවිඩයක් එවන්නෙමු. මතක් කිරීම් ලැබුණත් නැතත් ඔබේ සේවාව සහ බිල්පත වෙනස් වන්නේ නැත.'),
    ('bill-reminders', 1, 'ta', 'உங்கள் கட்டணத்தைச் செலுத்த வேண்டிய நாளுக்கு முன் உங்களுக்கு நினைவூட்டுவோம். நீங்கள் செலுத்திய பிறகு அதைத் தெரிவிக்கும் செய்தியை அனுப்புவோம். நினைவூட்டல்கள் இருந்தாலும் இல்லாவிட்டாலும் உங்கள் சேவையும் கட்டணமும் மாறாது.'),
    ('marketing', 1, 'en', 'We tell you about our own packages, devices and special offers. You get at most four messages a month. Saying no changes nothing in your service.'),
    ('marketing', 1, 'si', 'අපගේ පැකේජ, උපාංග සහ විශේෂ දීමනා ගැන අපි ඔබට දන්වන්නෙමු. මසකට පණිවිඩ හතරකට වඩා එවන්නේ නැත. ඔබ අකැමැති වුවත් ඔබේ සේවාව වෙනස් වන්නේ නැත.'),
    ('marketing', 1, 'ta', 'எங்கள் பொதிகள், சாதனங்கள், சிறப்புச் சலுகைகள் பற்றி உங்களுக்குத் தெரிவிப்போம். ஒரு மாதத்தில் நான்கு செய்திகளுக்கு மேல் அனுப்ப மாட்டோம். நீங்கள் மறுத்தாலும் உங்கள் சேவை மாறாது.'),
    ('marketing', 2, 'en', 'We tell you about our own packages, devices and special offers. You get at most two messages a month, and none between 9 p.m. and 8 a.m. Saying no changes nothing in your service.'),
    ('marketing', 2, 'si', 'අපගේ පැකේජ, උපාංග සහ විශේෂ දීමනා ගැන අපි ඔබට දන්වන්නෙමු. මසකට පණිවිඩ දෙකකට වඩා එවන්නේ නැත. රාත්‍රී 9 සිට උදේ 8 දක්වා කිසිදු පණිවිඩයක් එවන්නේ නැත. ඔබ අකැමැති වුවත් ඔබේ සේවාව වෙනස් වන්නේ නැත.'),
    ('marketing', 2, 'ta', 'எங்கள் பொதிகள், சாதனங்கள், சிறப்புச் சலுகைகள் பற்றி உங்களுக்குத் தெரிவிப்போம். ஒரு மாதத்தில் இரண்டு செய்திகளுக்கு மேல் அனுப்ப மாட்டோம். இரவு 9 மணி முதல் காலை 8 மணி வரை எந்தச் செய்தியும் அனுப்ப மாட்டோம். நீங்கள் மறுத்தாலும் உங்கள் சேவை மாறாது.'),
    ('partner-offers', 1, 'en', 'We send you offers of our partners, such as banks, shops and insurers. We do not give them your name, number or address.'),
    ('partner-offers', 1, 'si', 'බැංකු, වෙළඳසැල් සහ රක්ෂණ සමාගම් වැනි අපගේ හවුල්කරුවන්ගේ දීමනා අපි ඔබට එවන්නෙමු. ඔබේ නම, දුරකථන අංකය හෝ ලිපිනය අපි ඔවුන්ට ලබා දෙන්නේ නැත.'),
    ('partner-offers', 1, 'ta', 'வங்கிகள், கடைகள், காப்புறுதி நிறுவனங்கள் போன்ற எங்கள் பங்காளர்களின் சலுகைகளை உங்களுக்கு அனுப்புவோம். உங்கள் பெயர், தொலைபேசி இலக்கம், முகவரி ஆகியவற்றை அவர்களுக்குக் கொடுக்க மாட்டோம்.'),
    ('profiling', 1, 'en', 'We look at how you use calls and data, to recommend packages that suit you. We do not use this to decide about your contract.'),
    ('profiling', 1, 'si', 'ඔබට ගැළපෙන පැකේජ නිර්දේශ කිරීම සඳහා, ඔබ ඇමතුම් සහ දත්ත භාවිත කරන ආකාරය අපි බලන්නෙමු. ඔබේ ගිවිසුම ගැන තීරණ ගැනීමට අපි මෙය යොදා ගන්නේ නැත.'),
    ('profiling', 1, 'ta', 'உங்களுக்குப் பொருத்தமான பொதிகளைப் பரிந்துரைக்க, நீங்கள் அழைப்புகளையும் டேட்டாவையும் பயன்படுத்தும் விதத்தைப் பார்ப்போம். உங்கள் ஒப்பந்தம் பற்றி முடிவெடுக்க இதைப் பயன்படுத்த மாட்டோம்.'),
    ('location-services', 1, 'en', 'We use the location of your phone to tell you about our shops, Wi-Fi and offers near you. Locations are deleted after 30 days.'),
    ('location-services', 1, 'si', 'ඔබ අවට ඇති අපගේ අලෙවිසැල්, Wi-Fi සහ දීමනා ගැන දැන්වීමට අපි ඔබේ දුරකථනය ඇති ස්ථානය යොදා ගන්නෙමු. ස්ථාන තොරතුරු දින 30කට පසු මකා දමනු ලැබේ.'),
    ('location-services', 1, 'ta', 'உங்களுக்கு அருகிலுள்ள எங்கள் விற்பனை நிலையங்கள், Wi-Fi, சலுகைகள் பற்றித் தெரிவிக்க, உங்கள் தொலைபேசி இருக்கும் இடத்தைப் பயன்படுத்துவோம். இடம் பற்றிய தகவல்கள் 30 நாட்களுக்குப் பிறகு அழிக்கப்படும்.'),
    ('location-services', 2, 'en', 'We use the location of your phone to tell you about our shops, Wi-Fi and offers near you. Locations are deleted after 24 hours and given to nobody.'),
    ('location-services', 2, 'si', 'ඔබ අවට ඇති අපගේ අලෙවිසැල්, Wi-Fi සහ දීමනා ගැන දැන්වීමට අපි ඔබේ දුරකථනය ඇති ස්ථානය යොදා ගන්නෙමු. ස්ථාන තොරතුරු පැය 24කට පසු මකා දමනු ලැබේ. ඒවා කිසිවෙකුට ලබා දෙන්නේ නැත.'),
    ('location-services', 2, 'ta', 'உங்களுக்கு அருகிலுள்ள எங்கள் விற்பனை நிலையங்கள், Wi-Fi, சலுகைகள் பற்றித் தெரிவிக்க, உங்கள் தொலைபேசி இருக்கும் இடத்தைப் பயன்படுத்துவோம். இடம் பற்றிய தகவல்கள் 24 மணி நேரத்திற்குப் பிறகு அழிக்கப்படும். அவற்றை எவருக்கும் கொடுக்க மாட்டோம்.'),
    ('network-analytics', 1, 'en', 'Our app measures signal, speed and dropped calls on your phone, so that we can improve the network where you use it. We do not see what you say, write or view.'),
    ('network-analytics', 1, 'si', 'අපගේ යෙදුම ඔබේ දුරකථනයේ සංඥා ප්‍රබලතාව, වේගය සහ විසන්ධි වන ඇමතුම් මනියි. ඒ ඔබ සිටින තැන්වල ජාලය දියුණු කිරීමට ය. ඔබ කතා කරන, ලියන හෝ බලන දේ අපට නොපෙනේ.'),
    ('network-analytics', 1, 'ta', 'எங்கள் செயலி உங்கள் தொலைபேசியில் சமிக்ஞை, வேகம், துண்டிக்கப்படும் அழைப்புகள் ஆகியவற்றை அளவிடும். நீங்கள் பயன்படுத்தும் இடங்களில் வலையமைப்பை மேம்படுத்த இது உதவும். நீங்கள் பேசுவதும் எழுதுவதும் பார்ப்பதும் எங்களுக்குத் தெரியாது.'),
    ('surveys', 1, 'en', 'We ask you how satisfied you are with our service, at most four times a year. Whether you answer is up to you.'),
    ('surveys', 1, 'si', 'අපගේ සේවාව ගැන ඔබ සෑහීමකට පත් වන්නේ දැයි අපි ඔබෙන් විමසන්නෙමු. එය වසරකට හතර වතාවකට වඩා සිදු නොවේ. පිළිතුරු දීම ඔබේ කැමැත්තකි.'),
    ('surveys', 1, 'ta', 'எங்கள் சேவையில் நீங்கள் திருப்தி அடைந்துள்ளீர்களா என்று உங்களிடம் கேட்போம். ஓர் ஆண்டில் நான்கு முறைக்கு மேல் கேட்க மாட்டோம். பதில் அளிப்பது உங்கள் விருப்பம்.'),
    ('roaming-offers', 1, 'en', 'When you travel abroad, we tell you about roaming prices and packages there. For this we only use the country your phone is in.'),
    ('roaming-offers', 1, 'si', 'ඔබ විදේශගත වූ විට, එම රටේ රෝමිං ගාස්තු සහ පැකේජ ගැන අපි ඔබට දන්වන්නෙමු. ඒ සඳහා අපි යොදා ගන්නේ ඔබේ දුරකථනය ඇති රට පමණි.'),
    ('roaming-offers', 1, 'ta', 'நீங்கள் வெளிநாடு செல்லும்போது, அந்த நாட்டின் ரோமிங் கட்டணங்கள், பொதிகள் பற்றி உங்களுக்குத் தெரிவிப்போம். இதற்காக உங்கள் தொலைபேசி இருக்கும் நாட்டை மட்டுமே பயன்படுத்துவோம்.')
) AS body (purpose, version, language, text)
JOIN (VALUES
    ('en', 'You can withdraw this consent at any time.'),
    ('si', 'ඔබට මෙම කැමැත්ත ඕනෑම වේලාවක ඉල්ලා අස්කර ගත හැකිය.'),
    ('ta', 'இந்த ஒப்புதலை நீங்கள் எப்போது வேண்டுமானாலும் திரும்பப் பெறலாம்.')
) AS closing (language, text) ON closing.language = body.language
LEFT JOIN (VALUES
    ('bill-reminders', 'si', 'බිල්පත් මතක් කිරීම්', 'බිල්පතක් ගෙවිය යුතු දිනයට පෙර අපි ඔබට මතක් කර, ඔබේ ගෙවීම් තහවුරු කරන්නෙමු.'),
    ('bill-reminders', 'ta', 'கட்டண நினைவூட்டல்கள்', 'கட்டணத்தைச் செலுத்த வேண்டிய நாளுக்கு முன் நினைவூட்டி, உங்கள் கொடுப்பனவுகளை உறுதிப்படுத்துவோம்.'),
    ('marketing', 'si', 'පුවත් සහ දීමනා', 'අපගේ පැකේජ, උපාංග සහ විශේෂ දීමනා ගැන අපි ඔබට දන්වන්නෙමු.'),
    ('marketing', 'ta', 'செய்திகளும் சலுகைகளும்', 'எங்கள் பொதிகள், சாதனங்கள், சிறப்புச் சலுகைகள் பற்றி உங்களுக்குத் தெரிவிப்போம்.'),
    ('partner-offers', 'si', 'හවුල්කරුවන්ගේ දීමනා', 'බැංකු, වෙළඳසැල් සහ රක්ෂණ සමාගම් වැනි අපගේ හවුල්කරුවන්ගේ දීමනා අපි ඔබට එවන්නෙමු.'),
    ('partner-offers', 'ta', 'பங்காளர்களின் சலுகைகள்', 'வங்கிகள், கடைகள், காப்புறுதி நிறுவனங்கள் போன்ற எங்கள் பங்காளர்களின் சலுகைகளை உங்களுக்கு அனுப்புவோம்.'),
    ('profiling', 'si', 'ඔබට ගැළපෙන නිර්දේශ', 'ඔබට ගැළපෙන පැකේජ නිර්දේශ කිරීම සඳහා, ඔබ ඇමතුම් සහ දත්ත භාවිත කරන ආකාරය අපි බලන්නෙමු.'),
    ('profiling', 'ta', 'உங்களுக்கான பரிந்துரைகள்', 'உங்களுக்குப் பொருத்தமான பொதிகளைப் பரிந்துரைக்க, நீங்கள் அழைப்புகளையும் டேட்டாவையும் பயன்படுத்தும் விதத்தைப் பார்ப்போம்.'),
    ('location-services', 'si', 'ඔබ අවට', 'ඔබ අවට ඇති අපගේ අලෙවිසැල්, Wi-Fi සහ දීමනා ගැන දැන්වීමට අපි ඔබේ දුරකථනය ඇති ස්ථානය යොදා ගන්නෙමු.'),
    ('location-services', 'ta', 'உங்களுக்கு அருகில்', 'உங்களுக்கு அருகிலுள்ள எங்கள் விற்பனை நிலையங்கள், Wi-Fi, சலுகைகள் பற்றித் தெரிவிக்க, உங்கள் தொலைபேசி இருக்கும் இடத்தைப் பயன்படுத்துவோம்.'),
    ('network-analytics', 'si', 'ජාලයේ ගුණාත්මකභාවය', 'අපට ජාලය දියුණු කළ හැකි වන පරිදි, අපගේ යෙදුම සංඥා ප්‍රබලතාව, වේගය සහ විසන්ධි වන ඇමතුම් මනියි.'),
    ('network-analytics', 'ta', 'வலையமைப்பின் தரம்', 'வலையமைப்பை மேம்படுத்த, எங்கள் செயலி சமிக்ஞை, வேகம், துண்டிக்கப்படும் அழைப்புகள் ஆகியவற்றை அளவிடும்.'),
    ('surveys', 'si', 'සමීක්ෂණ', 'අපගේ සේවාව ගැන ඔබ සෑහීමකට පත් වන්නේ දැයි අපි විටින් විට ඔබෙන් විමසන්නෙමු.'),
    ('surveys', 'ta', 'கருத்துக்கணிப்புகள்', 'எங்கள் சேவையில் நீங்கள் திருப்தி அடைந்துள்ளீர்களா என்று அவ்வப்போது உங்களிடம் கேட்போம்.'),
    ('roaming-offers', 'si', 'රෝමිං දීමනා', 'ඔබ විදේශගත වූ විට, එම රටේ රෝමිං ගාස්තු සහ පැකේජ ගැන අපි ඔබට දන්වන්නෙමු.'),
    ('roaming-offers', 'ta', 'ரோமிங் சலுகைகள்', 'நீங்கள் வெளிநாடு செல்லும்போது, அந்த நாட்டின் ரோமிங் கட்டணங்கள், பொதிகள் பற்றி உங்களுக்குத் தெரிவிப்போம்.')
) AS words (purpose, language, title, description) ON (words.purpose, words.language) = (body.purpose, body.language);

-- Customers ---------------------------------------------------------------------------------------------------------------

-- Names are put together from lists; 20 people in a row are 12 Sinhalese, 4 Tamils, 3 Muslims and 1 Burgher. The steps
-- through the lists (7 and 1, see below) do not meet again within 300 people, so that no full name comes twice.
SELECT count(consentfeed.register_customer(person.id, person.name, person.email, person.msisdn, person.language)) AS customers
FROM (
    WITH community (name, first, last, languages, given, family) AS (VALUES
        ('sinhalese', 0, 11, '{si,si,en}'::text [],
            '{Amaya,Buddhika,Chamath,Dilini,Eranga,Gayani,Hasitha,Imesha,Janith,Kavindi,Lakshan,Madhavi,Nipuni,Oshadi,Pasindu,Rashmi,Sachini,Thilini,Udara,Vindya,Yasas,Anjalee,Bhagya,Dulani,Ishara,Kasuni,Malsha,Nadun,Piumi,Ruwini}'::text [],
            '{Abeysinghe,Amarakoon,Bandara,Dassanayake,Ekanayake,Fonseka,Gamage,Gunasekara,Hettiarachchi,Illangakoon,Jayakody,Jayasuriya,Karunanayake,Kodikara,Liyanage,Madugalle,Nanayakkara,Obeysekera,Pathirana,Peiris,Perera,Ranasinghe,Rathnayake,Samarakoon,Senanayake,Siriwardena,Tennakoon,Udawatte,Weerasinghe,Wickramaratne,Wijesekara}'::text []),
        ('tamil', 12, 15, '{ta,ta,en}',
            '{Abirami,Dharshini,Gajan,Janani,Kavitha,Luxshan,Mathuri,Niroshan,Prasanthi,Ramanan,Sivani,Thusyanthan,Vithusha,Yalini,Keerthana}',
            '{Arulanantham,Chandrakumar,Ganeshan,Jeyakumar,Kandasamy,Kirubakaran,Mahendran,Nadarajah,Paramanathan,Rajaratnam,Sivakumar,Sivalingam,Sundaralingam,Thangarajah,Thiruchelvam,Vairavan,Yogarajah}'),
        ('muslim', 16, 18, '{ta,en,ta,si,en}',
            '{Fathima Rizna,Mohamed Fazil,Aysha,Ahamed Imthiyaz,Nusrath,Mohamed Rikaz,Zainab,Abdul Wahid,Shazna,Ifham,Sumaiya,Mohamed Aslam}',
            '{Cader,Hameed,Ismail,Jaleel,Lafir,Marikar,Mubarak,Nazeer,Nizam,Rahuman,Saleem,Thassim,Uvais}'),
        ('burgher', 19, 19, '{en}',
            '{Ryan,Natasha,Adrian,Michelle,Kevin}',
            '{de Kretser,van Langenberg,Jansz,Ferdinands,Schokman,Bartholomeusz,Ohlmus}')
    ),
    numbered AS (
        SELECT number, community.*, row_number() OVER (PARTITION BY community.name ORDER BY number) - 1 AS nth
        FROM generate_series(1, 299) AS number
        JOIN community ON number % 20 BETWEEN community.first AND community.last
    ),
    named AS (
        SELECT
            number,
            given[1 + nth % cardinality(given)] AS given,
            family[1 + (nth * 7 + nth / cardinality(given)) % cardinality(family)] AS family,
            languages[1 + nth % cardinality(languages)] AS language
        FROM numbered
    )
    -- The ids have the form of version 4 UUIDs.
    SELECT
        overlay(overlay(md5('demo customer ' || number) PLACING '4' FROM 13) PLACING 'a' FROM 17)::uuid AS id,
        coalesce(own_script.name, given || ' ' || family) AS name,
        lower(replace(
            CASE number % 3
                WHEN 0 THEN given || '.' || family
                WHEN 1 THEN left(given, 1) || '.' || family || number
                ELSE given || number
            END, ' ', ''
        )) || '@' || (ARRAY['example.lk', 'example.com', 'example.lk', 'example.org'])[1 + number % 4] AS email,
        '+94' || (ARRAY['71', '70', '71', '77', '70', '76', '71', '74', '72', '78', '75'])[1 + number % 11]
        || lpad((number * 7368787::bigint % 10000000)::text, 7, '0') AS msisdn,
        named.language
    FROM named
    -- Some write their names in their own script.
    LEFT JOIN (VALUES
        (1, 'අමායා අබේසිංහ'), (31, 'භාග්‍යා විජේසේකර'), (47, 'අමායා සිරිවර්ධන'), (110, 'කවින්දි පෙරේරා'),
        (32, 'கவிதா சிவலிங்கம்'), (73, 'யாழினி மகேந்திரன்'), (94, 'ஜனனி பரமநாதன்'), (132, 'ரமணன் யோகராஜா')
    ) AS own_script (number, name) USING (number)
    UNION ALL
    -- Who signs in as customer@sltmobitel.lk.
    SELECT
        'c0ffee00-0000-4000-8000-000000000001', 'Nethmi Senaratne', 'customer@sltmobitel.lk', '+94710000001', 'en'
    UNION ALL
    -- Two people of one name, and one person with two numbers.
    VALUES
    ('c0ffee00-0000-4000-8000-000000000002'::uuid, 'Kasun Fernando', 'kasun.fernando@example.lk', '+94770000002', 'si'),
    ('c0ffee00-0000-4000-8000-000000000003'::uuid, 'Kasun Fernando', 'kf1987@example.com', '+94750000003', 'en'),
    ('c0ffee00-0000-4000-8000-000000000004'::uuid, 'Dilini Jayawardena', 'dilini.j@example.lk', '+94710000004', 'si'),
    ('c0ffee00-0000-4000-8000-000000000005'::uuid, 'Dilini Jayawardena', 'dilini.j@example.lk', '+94760000005', 'si')
) AS person;

-- What becomes of each consent --------------------------------------------------------------------------------------------

-- Each consent has a story, which ends as granted, revoked, expired or pending ("silent"). How many end how depends on the
-- purpose (per cent; the rest is silent); which one it is, on a hash of whose consent it is and what for.
CREATE TEMPORARY TABLE demo_plan AS
SELECT
    consent.id AS consent_id, consent.customer_id, drawn.hash,
    CASE
        WHEN own.story IS NOT NULL THEN own.story
        WHEN ending.draw < share.granted THEN CASE
            WHEN variant.draw < 50 THEN 'agreed early'
            WHEN variant.draw < 85 THEN 'agreed late'
            WHEN variant.draw < 89 THEN 'came back'
            WHEN variant.draw < 95 AND share.expired > 0 THEN 'renewed'
            WHEN share.purpose IN ('marketing', 'location-services') THEN 'agreed to new text'
            ELSE 'agreed late'
        END
        WHEN ending.draw < share.granted + share.revoked THEN CASE
            WHEN variant.draw < 40 THEN 'declined early'
            WHEN variant.draw < 70 THEN 'declined late'
            ELSE 'withdrawn'
        END
        WHEN ending.draw < share.granted + share.revoked + share.expired THEN 'expired'
        ELSE 'silent'
    END AS story
FROM consentfeed.consents AS consent
JOIN (VALUES
    ('bill-reminders', 70, 10, 0),
    ('marketing', 36, 29, 12),
    ('partner-offers', 22, 38, 14),
    ('profiling', 32, 26, 15),
    ('location-services', 38, 22, 14),
    ('network-analytics', 58, 14, 0),
    ('surveys', 34, 27, 13),
    ('roaming-offers', 50, 14, 8)
) AS share (purpose, granted, revoked, expired) ON share.purpose = consent.purpose
CROSS JOIN LATERAL (
    SELECT sha256(convert_to(concat_ws('/', consent.customer_id, consent.purpose, consent.channel), 'UTF8')) AS hash
) AS drawn
CROSS JOIN LATERAL (SELECT get_byte(drawn.hash, 0) * 100 / 256 AS draw) AS ending
CROSS JOIN LATERAL (SELECT get_byte(drawn.hash, 1) * 100 / 256 AS draw) AS variant
-- Nethmi Senaratne, who signs in, has a bit of everything.
LEFT JOIN (VALUES
    ('bill-reminders', 'sms', 'agreed early'), ('bill-reminders', 'email', 'agreed late'),
    ('marketing', 'sms', 'came back'), ('marketing', 'email', 'agreed to new text'),
    ('marketing', 'push', 'withdrawn'), ('marketing', 'voice', 'declined early'),
    ('partner-offers', 'sms', 'expired'), ('partner-offers', 'email', 'declined late'),
    ('profiling', 'email', 'renewed'), ('profiling', 'push', 'silent'),
    ('location-services', 'push', 'agreed early'), ('network-analytics', 'push', 'silent'),
    ('surveys', 'voice', 'agreed late'), ('roaming-offers', 'sms', 'withdrawn')
) AS own (purpose, channel, story)
    ON (own.purpose, own.channel) = (consent.purpose, consent.channel)
    AND consent.customer_id = 'c0ffee00-0000-4000-8000-000000000001';

-- The stories as decisions in the form record_decisions() takes. Chapters: 1 grants that will expire, 2 first answers,
-- 3 second thoughts, 4 answers after the new notices, 5 last changes. A chapter is cut into parts of at most 1000 decisions.
-- What has a decided_at was decided elsewhere, and is imported: all of the first three chapters, most of the others. What was
-- agreed to for 12 months, and stands, is younger than that; what shall expire, older.
CREATE TEMPORARY TABLE demo_decisions AS
SELECT
    step.chapter, 1 + (row_number() OVER (PARTITION BY step.chapter ORDER BY md5(drawn.hash)) - 1) / 1000 AS part,
    plan.consent_id, step.action, actor.kind AS actor_kind, coalesce(actor.id, plan.customer_id::text) AS actor_id,
    actor.method, actor.code AS reason_code,
    actor.series || '-' || (20000 + get_byte(drawn.hash, 1) * 32 + get_byte(drawn.hash, 2) / 8) AS reason_reference,
    actor.note, consent.purpose, consent.channel, plan.customer_id,
    CASE WHEN step.chapter <= 3 OR (get_byte(drawn.hash, 3) >= 64 AND plan.story <> 'agreed to new text') THEN
        date_trunc('second', statement_timestamp() - make_interval(hours => (24 * (
            ago.least + (ago.most - ago.least) * (get_byte(drawn.hash, 4) * 256 + get_byte(drawn.hash, 5)) / 65536.0
        ))::integer))
    END AS decided_at
FROM demo_plan AS plan
JOIN consentfeed.consents AS consent ON consent.id = plan.consent_id
JOIN consentfeed.purposes AS purpose ON purpose.key = consent.purpose
JOIN (VALUES
    ('agreed early', 2, 'grant'),
    ('agreed late', 4, 'grant'),
    ('came back', 2, 'grant'), ('came back', 3, 'revoke'), ('came back', 5, 'grant'),
    ('renewed', 1, 'grant'), ('renewed', 5, 'grant'),
    ('agreed to new text', 2, 'grant'), ('agreed to new text', 5, 'grant'),
    ('declined early', 2, 'revoke'),
    ('declined late', 4, 'revoke'),
    ('withdrawn', 2, 'grant'), ('withdrawn', 5, 'revoke'),
    ('expired', 1, 'grant')
) AS step (story, chapter, action) ON step.story = plan.story
CROSS JOIN LATERAL (SELECT sha256(plan.hash || convert_to(step.chapter::text, 'UTF8')) AS hash) AS drawn
-- How many days ago.
CROSS JOIN LATERAL (
    SELECT
        CASE step.chapter WHEN 1 THEN extract(epoch FROM purpose.default_validity) / 86400 + 15 WHEN 2 THEN 200 WHEN 3 THEN 100 ELSE 1 END AS least,
        CASE step.chapter
            WHEN 1 THEN extract(epoch FROM purpose.default_validity) / 86400 + 330
            WHEN 2 THEN CASE WHEN purpose.default_validity < '24 months' THEN 350 ELSE 700 END
            WHEN 3 THEN 190 WHEN 4 THEN 95 ELSE 60
        END AS most
) AS ago
-- Who did it, where it was not elsewhere: first and last of a hundred. Without an id it is the customer; three people at the call centre, the self-care
-- app and the shops' system as services, one admin.
JOIN (VALUES
    (0, 59, 'customer', NULL, 'rest', NULL, NULL, NULL),
    (60, 66, 'csr', 'c5000000-0000-4000-8000-000000000001', 'rest', 'phone-call', 'CALL', 'Asked on the hotline; identity checked.'),
    (67, 71, 'csr', 'c5000000-0000-4000-8000-000000000002', 'rest', 'shop-visit', 'VISIT', 'Form signed at the counter.'),
    (72, 75, 'csr', 'c5000000-0000-4000-8000-000000000003', 'rest', 'letter', 'LETTER', NULL),
    (76, 78, 'csr', 'c5000000-0000-4000-8000-000000000001', 'rest', 'chat', 'CHAT', 'Asked in the web chat; identity checked.'),
    (79, 90, 'service', '5e000000-0000-4000-8000-000000000001', 'rest', NULL, NULL, NULL),
    (91, 97, 'service', '5e000000-0000-4000-8000-000000000002', 'bulk', 'shop-form', 'BATCH', NULL),
    (98, 99, 'admin', 'ad000000-0000-4000-8000-000000000001', 'bulk', 'paper-archive', 'TICKET', 'Taken over from the paper archive.')
) AS actor (first, last, kind, id, method, code, series, note)
    ON get_byte(drawn.hash, 0) * 100 / 256 BETWEEN actor.first AND actor.last;

-- The planner knows nothing yet of tables filled in this transaction.
ANALYZE consentfeed.customers, consentfeed.consents, demo_decisions;

PREPARE demo_decide (integer, integer) AS
SELECT coalesce(outcome.problem, 'done') AS outcome, count(*) AS decisions
FROM consentfeed.record_decisions((
    SELECT jsonb_agg(to_jsonb(decision))
    FROM demo_decisions AS decision
    WHERE (decision.chapter, decision.part) = ($1, $2) AND decision.decided_at IS NULL
)) AS outcome
GROUP BY outcome.problem;

PREPARE demo_import (integer, integer) AS
SELECT coalesce(done.problem, done.outcome) AS outcome, count(*) AS decisions
FROM consentfeed.import_rows((
    SELECT jsonb_agg(jsonb_build_object(
        'customer', decision.customer_id, 'purpose', decision.purpose, 'channel', decision.channel,
        'status', CASE decision.action WHEN 'grant' THEN 'granted' ELSE 'revoked' END,
        'decided_at', decision.decided_at, 'decision_reference', 'CRM-' || substr(md5(decision.consent_id::text || $1), 1, 8)
    ))
    FROM demo_decisions AS decision
    WHERE (decision.chapter, decision.part) = ($1, $2) AND decision.decided_at IS NOT NULL
), NULL, 'Former CRM', 1, 'admin', 'ad000000-0000-4000-8000-000000000001', false) AS done
GROUP BY coalesce(done.problem, done.outcome);

-- Chapter 1: grants whose time has run out since, and their expiry -----------------------------------------------------------

EXECUTE demo_import(1, 1);
SELECT consentfeed.expire_consents(1000) AS expired;

-- Chapters 2 and 3: first answers, and second thoughts -----------------------------------------------------------------------

EXECUTE demo_import(2, 1);
EXECUTE demo_import(2, 2);
EXECUTE demo_import(3, 1);

-- Chapters 4 and 5: version 2 of two notices comes into force ----------------------

UPDATE consentfeed.notices SET published_at = statement_timestamp() WHERE version = 2;

EXECUTE demo_import(4, 1);
EXECUTE demo_import(4, 2);
EXECUTE demo_decide(4, 1);
EXECUTE demo_decide(4, 2);
EXECUTE demo_import(5, 1);
EXECUTE demo_decide(5, 1);

-- Every decision above changed something, so each has one event, and those of chapter 1 one more: the expiry.
DO $$
DECLARE
    _expected bigint := (SELECT count(*) + count(*) FILTER (WHERE chapter = 1) FROM demo_decisions);
    _events bigint := (SELECT count(*) FROM consentfeed.events WHERE consent_id IS NOT NULL);
BEGIN
    IF _events <> _expected THEN
        RAISE EXCEPTION 'the demo data made % events instead of %', _events, _expected
            USING HINT = 'demo.sql is for a freshly migrated, empty database.';
    END IF;
END
$$;

-- Changes made with plain SQL: the actor is "database", with the SQL role ---------------------------------------------------

-- Some people's numbers were ported to another operator.
UPDATE consentfeed.consents AS consent
SET status = 'revoked'
FROM consentfeed.customers AS customer
WHERE customer.id = consent.customer_id
    AND customer.msisdn LIKE '+9478%' AND customer.language = 'en'
    AND (consent.purpose, consent.channel, consent.status) = ('marketing', 'sms', 'granted');

-- Nethmi Senaratne told the interviewer not to call again.
UPDATE consentfeed.consents
SET status = 'revoked'
WHERE customer_id = 'c0ffee00-0000-4000-8000-000000000001' AND (purpose, channel) = ('surveys', 'voice');

-- Answers on a list from the airport counter.
UPDATE consentfeed.consents AS consent
SET status = 'granted'
FROM consentfeed.customers AS customer
WHERE customer.id = consent.customer_id
    AND customer.name LIKE 'K% %' AND customer.language = 'si'
    AND (consent.purpose, consent.status) = ('roaming-offers', 'pending');

-- What people demand by law -------------------------------------------------------------------------------------------------

-- Received up to five weeks ago; one is overdue, some are due soon. Texts are in the languages that people wrote in.
CREATE TEMPORARY TABLE demo_requests ON COMMIT DROP AS
SELECT plan.*, opened.request::json ->> 'id' AS id
FROM (VALUES
    (1, 'c0ffee00-0000-4000-8000-000000000001'::uuid, 'access', 12, 'self-service', 'Please send me everything that you have about me.'),
    (2, NULL, 'erasure', 34, 'letter', 'I have moved to another operator. Delete what you still have of me.'),
    (3, NULL, 'rectification', 29, 'phone-call', NULL),
    (4, NULL, 'portability', 20, 'self-service', 'මගේ දත්ත වෙනත් සේවාදායකයෙකුට ගෙන යාමට අවශ්‍යයි.'),
    (5, NULL, 'objection', 9, 'self-service', 'என் இருப்பிடத்தைப் பயன்படுத்த வேண்டாம்.'),
    (6, NULL, 'complaint', 6, 'email', 'I was called three times after I had said no.'),
    (7, NULL, 'access', 3, 'self-service', NULL),
    (8, NULL, 'restriction', 1, 'self-service', 'Please stop using my data until my bill has been checked.')
) AS plan (nth, customer, kind, days, came_by, text)
JOIN LATERAL (
    SELECT customer.id FROM consentfeed.customers AS customer
    WHERE customer.id = coalesce(plan.customer, customer.id) AND customer.erased_at IS NULL
    ORDER BY customer.name_key, customer.id OFFSET CASE WHEN plan.customer IS NULL THEN plan.nth * 31 ELSE 0 END LIMIT 1
) AS person ON true
CROSS JOIN LATERAL consentfeed.open_rights_request(
    plan.kind, person.id, date_trunc('hour', now()) - make_interval(days => plan.days), plan.text, 100,
    CASE plan.came_by WHEN 'self-service' THEN 'customer' ELSE 'csr' END,
    CASE plan.came_by WHEN 'self-service' THEN person.id::text ELSE 'c5000000-0000-4000-8000-000000000001' END, 'rest',
    nullif(plan.came_by, 'self-service'), NULL, NULL, NULL, NULL, NULL, NULL
) AS opened;
UPDATE consentfeed.rights_requests AS request SET status = 'in-progress'
FROM demo_requests AS plan WHERE request.id = plan.id::uuid AND plan.kind IN ('access', 'erasure') AND plan.days > 10;
UPDATE consentfeed.rights_requests AS request SET status = 'waiting-for-customer'
FROM demo_requests AS plan WHERE request.id = plan.id::uuid AND plan.kind = 'portability';
UPDATE consentfeed.rights_requests AS request SET status = 'acknowledged'
FROM demo_requests AS plan WHERE request.id = plan.id::uuid AND plan.kind IN ('rectification', 'objection');
-- Two days that are the same each year; the others are written on the admin page.
INSERT INTO consentfeed.holidays (day, name)
SELECT make_date(extract(year FROM now())::integer + 1, dated.month, dated.day), dated.name
FROM (VALUES (1, 14, 'Tamil Thai Pongal Day'), (2, 4, 'Independence Day')) AS dated (month, day, name);

-- Nothing is left behind ----------------------------------------------------------------------------------------------------

DEALLOCATE demo_decide;
DEALLOCATE demo_import;
DROP TABLE demo_plan, demo_decisions;

-- What was written above is what the planner shall know.
ANALYZE consentfeed.customers, consentfeed.consents;
