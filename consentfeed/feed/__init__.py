"""The feed: the log as this process follows it. The newest events in memory, older ones in pages, from any position.

In:  wake-ups from the listener; rows from postgres.
Out: events after a position, for whoever follows the log (streams now), and for pages of it.

Always so: events come in the order of the log, without a gap, each checked against the one before. Where the log
is another one than before (a restore, a failover), memory is emptied and every follower is told. The feed waits
for no follower.
"""
