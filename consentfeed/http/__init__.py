"""HTTP: a request's way in and an answer's way out. Limits of the wire, middleware, endpoints, input, problems,
OpenAPI.

In:  bytes from clients; endpoints (a route as a value) from api.
Out: checked values for the endpoint's function; answers with their headers; every error as a problem (RFC 9457).

Always so: nothing reaches a route before its limits, its Origin, its principal and its role were looked at. A
route that permissions.ACCESS does not name cannot be made.
"""
