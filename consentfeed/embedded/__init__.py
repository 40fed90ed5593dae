"""The PostgreSQL of `consentfeed dev`: its programs, its files, its server; its NATS. It knows nothing of consents.

In:  a data directory.
Out: the URL of a running server that ends when this process ends, however it ends.

Always so: the server never runs as root, listens on loopback alone, and asks for a password. fsync stays on.
"""
