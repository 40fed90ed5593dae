CREATE OR REPLACE FUNCTION consentfeed.access_filters(asked jsonb)
RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH known AS (
        SELECT purpose.key AS code FROM consentfeed.purposes AS purpose
        UNION ALL
        SELECT unnest(purpose.channels) FROM consentfeed.purposes AS purpose
        UNION ALL
        SELECT unnest('{pending,granted,revoked,expired}'::text[])
        UNION ALL
        SELECT unnest('{all,consent-updated,customer-updated,preferences-updated,rights-request-updated,customer-erased,notice-published}'::text[])
        UNION ALL
        SELECT unnest('{list-consents,read-consent,read-history,repeat-decision,list-customers,read-customer,open-stream,read-events,list-accounts,read-account,list-sessions,read-trail,register-customer,revoke-by-contact,change-password,set-password,make-password-link,check-consents,export-consents,read-preferences,change-preferences,list-rights-requests,read-rights-request,change-rights-request,read-package,import-rows,save-webhook,rotate-webhook,replay-webhook,delete-webhook}'::text[])
        UNION ALL
        SELECT webhook.name FROM consentfeed.webhooks AS webhook
    )
    SELECT coalesce(jsonb_object_agg(
        filter.key, CASE jsonb_typeof(filter.value) WHEN 'array' THEN kept.parts ELSE kept.parts -> 0 END
    ), '{}')
    FROM jsonb_each(asked) AS filter
    CROSS JOIN LATERAL (
        SELECT coalesce(jsonb_agg(part.value), '[]') AS parts
        -- $[*] of what is no array is the thing itself.
        FROM jsonb_path_query(filter.value, '$[*]') AS part(value)
        WHERE jsonb_typeof(part.value) = 'boolean'
            OR part.value #>> '{}' ~ '^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9]{1,18}-[0-9a-f]{8}|[0-9]{4}(-[0-9]{2}){2}T[0-9:.]{8,15}Z)$'
            OR part.value #>> '{}' IN (SELECT known.code FROM known)
    ) AS kept
    WHERE filter.key IN (
        'customer', 'purpose', 'channel', 'status', 'type', 'kind', 'after', 'search', 'actor', 'action', 'since', 'until',
        'at', 'account', 'webhook', 'personal-data'
    )
$$;
COMMENT ON FUNCTION consentfeed.access_filters IS 'What of a request''s filters may be kept: ids, places, times, known codes, and yes or no. A name in place of a purpose is left out.';
