"""What ends a measurement."""


class BenchError(Exception):
    """The benchmark cannot go on; the text says why."""
