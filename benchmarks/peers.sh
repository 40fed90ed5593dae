#!/bin/sh
# Installs what consentfeed is compared with: nginx with nchan, and Pushpin, from Debian; better-sse from npm. Stops the services
# that Debian starts with them: the benchmark starts its own. The naive baseline needs nothing.
set -eu
cd "$(dirname "$0")/servers"

if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    apt-get update -qq
    for packages in 'nginx libnginx-mod-nchan' pushpin; do
        # shellcheck disable=SC2086 # two packages that go together
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $packages ||
            echo "$packages could not be installed: the table will say so." >&2
    done
    for service in nginx pushpin; do
        service "$service" stop >/dev/null 2>&1 || true
    done
else
    echo 'Not root, or no apt-get: install nginx with libnginx-mod-nchan, and pushpin, by hand.' >&2
fi

if command -v npm >/dev/null; then
    npm ci --silent
else
    echo 'No npm: better-sse is left out (apt-get install nodejs npm).' >&2
fi
