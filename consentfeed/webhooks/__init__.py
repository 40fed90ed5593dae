"""Webhooks: events are sent to systems that cannot hold a stream.

In:  wake-ups and events from feed; endpoints, their secrets and positions from postgres.
Out: signed requests (Standard Webhooks) to each endpoint; its position, and why it fails, to postgres.

Always so: an endpoint gets its events in the order of the log, each at least once. One process delivers it at a time,
and what it notes counts only while the endpoint is still its own, at the position it went from. Each has a task, a
client and a position of its own: one that is slow or dead costs the others nothing. A request goes to an address that
was looked at just before, and to no other one. What failed is read from the log anew before it is sent again, so that
nobody who was erased meanwhile is in it.
"""
