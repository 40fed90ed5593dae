"""The oracle: random writes and faults against two nodes, and a checker whose truth is the table."""
