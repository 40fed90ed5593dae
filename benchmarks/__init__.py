"""The benchmarks: what is measured is in cases.py."""
