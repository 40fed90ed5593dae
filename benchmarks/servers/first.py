"""The service one would write first: Starlette, asyncpg, and a transaction for each request, with the same checks.

python first.py PORT DATABASE_URL SECRET

It has a table of its own for consents, a copy of the product's, and an outbox in place of the log.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import uvicorn
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

SCHEMA = """
    CREATE SCHEMA first;
    CREATE TABLE first.consents AS
        SELECT id, customer_id, purpose, channel, status, version, updated_at, granted_at, revoked_at,
            notice_version, notice_sha256
        FROM consentfeed.consents;
    ALTER TABLE first.consents ADD PRIMARY KEY (id);
    CREATE TABLE first.outbox (id bigserial PRIMARY KEY, recorded_at timestamptz DEFAULT now(), body jsonb NOT NULL);
"""
NOTICE = """
    SELECT version, sha256 FROM consentfeed.notices
    WHERE purpose = $1 AND published_at <= now() ORDER BY version DESC LIMIT 1
"""
CHANGE = """
    UPDATE first.consents SET
        status = $2, version = version + 1, updated_at = now(),
        granted_at = CASE $2 WHEN 'granted' THEN now() END, revoked_at = CASE $2 WHEN 'revoked' THEN now() END,
        notice_version = $3, notice_sha256 = $4
    WHERE id = $1 RETURNING version, updated_at
"""
URL, SECRET = sys.argv[2:4]
# As `consentfeed token` signs.
key = OctKey.import_key(hashlib.sha256(b"consentfeed tokens\0" + SECRET.encode()).digest())


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    connection = await asyncpg.connect(URL)
    await connection.execute(SCHEMA)
    await connection.close()
    async with asyncpg.create_pool(URL, min_size=8, max_size=8) as app.state.pool:
        yield


def subject(request: Request) -> str | None:
    """Who asks, where the token is good."""
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    try:
        claims = jwt.decode(token, key, algorithms=["HS256"]).claims
    except (JoseError, ValueError):
        return None
    return str(claims["sub"]) if claims["exp"] > datetime.now(UTC).timestamp() else None


async def decide(request: Request) -> Response:
    actor, consent = subject(request), UUID(request.path_params["consent"])
    if actor is None:
        return JSONResponse({"title": "signed out"}, 401)
    status = {"grant": "granted", "revoke": "revoked"}[request.path_params["action"]]
    await request.json()
    async with request.app.state.pool.acquire() as connection, connection.transaction():
        found = await connection.fetchrow("SELECT * FROM first.consents WHERE id = $1 FOR UPDATE", consent)
        if found is None:
            return JSONResponse({"title": "not found"}, 404)
        if found["status"] == status:
            return JSONResponse({"id": str(consent), "status": status, "version": found["version"]})
        notice = await connection.fetchrow(NOTICE, found["purpose"]) if status == "granted" else None
        if status == "granted" and notice is None:
            return JSONResponse({"title": "no notice"}, 409)
        version, sha256 = (notice["version"], notice["sha256"]) if notice else (None, None)
        changed = await connection.fetchrow(CHANGE, consent, status, version, sha256)
        body = {"id": str(consent), "status": status, "version": changed["version"], "actor": actor}
        await connection.execute("INSERT INTO first.outbox (body) VALUES ($1)", json.dumps(body))
        await connection.execute("NOTIFY first_outbox")
    return JSONResponse(body)


app = Starlette(
    routes=[Route("/api/v1/customer/consents/{consent}/{action}", decide, methods=["POST"])], lifespan=lifespan
)

if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False, backlog=4096)
