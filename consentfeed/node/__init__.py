"""A node: one process that serves. Wired here, run here, with its chores.

In:  settings.
Out: a running service, and its exit status.

Always so: this room alone knows all others; the others are given what they need. A part that ends unexpectedly
takes the process down, rather than let it serve half. A shutdown says goodbye to streams first, and then finishes
what waits.
"""
