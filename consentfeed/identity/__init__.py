"""Identity: who asks. Passwords, sessions with a cookie, bearer tokens, and the identity provider.

In:  cookies and tokens from http; keys and answers of the identity provider.
Out: a Principal, or why there is none.

Always so: a token is verified before anything in it is believed. An account that is disabled, a session that has
ended and a token that has expired let nobody in after a few seconds, on any node. No password and no token is
logged or kept in clear.
"""
