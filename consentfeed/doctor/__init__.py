"""The doctor: what `consentfeed doctor` looks at, in the database and through the service's URL.

In:  settings, a database, a URL.
Out: findings: what was looked at, how it stands, and what to do.

Always so: it changes nothing, and tells what it could not look at.
"""
