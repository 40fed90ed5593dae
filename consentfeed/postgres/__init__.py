"""The only door to PostgreSQL: the pool, the listener, migrations, and one file of queries for each theme.

In:  calls from feed, writes, identity and api; notifications from PostgreSQL.
Out: rows and JSON as PostgreSQL wrote them; errors of consentfeed.errors, never a driver's.

Always so: SQL lives in sql/, and a query here calls one function of it. A theme has the same name here, in
sql/functions/, in api/ and in tests/. NOTIFY says only "look": nothing here reads its payload.
"""
