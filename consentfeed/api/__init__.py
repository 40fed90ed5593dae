"""The API: its routes, a file for each resource, named like the URL.

In:  checked requests from http, with their principal.
Out: answers, made from what postgres, feed, stream, writes and identity give.

Always so: whoever was shown a customer's data stands in the access trail before the answer goes out. Answers that
list consents carry the position of the snapshot they were read in. No route imports another one.
"""
