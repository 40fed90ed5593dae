"""The command line: a file for each command.

In:  arguments and settings.
Out: results on stdout, everything else on stderr, and an exit status.

Always so: an error that a user can mend is one line that says how. No secret is printed that was not asked for.
"""
