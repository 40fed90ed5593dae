"""Writes: what many requests want written at the same time, committed together.

In:  decisions and lines of the access trail, from api.
Out: one call of an SQL function for all that has arrived during the last commit; one outcome for each decision.

Always so: what waits is bounded; principals take turns; revocations go first; decisions on one consent keep their
order. Where it cannot be known whether a commit happened, the answer says so.
"""
