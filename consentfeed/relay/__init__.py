"""The relay: the log's events, passed on by NATS JetStream, to nodes and to other programs.

In:  rows of the log from feed and postgres; a lease from postgres; what another node has sent, from NATS.
Out: messages to NATS, in the order of the log; rows that came from there to feed.

Always so: one node at a time relays; what it sends is refused by JetStream unless it follows the stream's last message.
PostgreSQL stays the truth: whoever gets a row checks it against the chain, and reads the table where anything is
missing. Nothing that identifies a customer is in a message in clear. Whatever NATS does, the service goes on without.
"""
