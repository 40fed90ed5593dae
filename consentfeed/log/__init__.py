"""The log: what happened, in order. Events, their positions and ids, the hash chain; the Merkle tree over it, signed
checkpoints, and evidence. Pure: no I/O.

In:  rows of consentfeed.events, from postgres.
Out: events with their bytes for feed and api; ids for everybody who shows or takes one.

Always so: a position is a sequence number and a hash; it is shown to staff in plain and to customers sealed. Each
event's hash covers the one before it, so whoever holds a position can tell whether a log still contains it.
"""
