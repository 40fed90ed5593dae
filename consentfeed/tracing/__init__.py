"""Traces: what happens to a request, from its arrival by the commit to the frames, as OpenTelemetry spans.

In:  requests of http, decisions and commits of writes, batches of feed and stream, as numbers and names of routes.
Out: spans, to where the OTEL_ variables say.

Always so: off unless it is asked for, and then each of them is one look at a variable, and nothing is imported. No span
holds what a client sent or was answered: no id of a person, no payload, no message of an error. otel.py alone knows the
library.
"""
