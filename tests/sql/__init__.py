"""The SQL by itself."""
