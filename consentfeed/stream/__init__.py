"""Streams: the feed as Server-Sent Events, for all who are connected.

In:  events from the feed; connections from api.
Out: frames, to each client in order and once.

Always so: an event is framed once for all who stand at the same position. A stream holds a position, not a queue:
a slow client costs nothing, and is closed when it takes no byte for a while. A stream never writes to the
database.
"""
