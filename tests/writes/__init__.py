"""The batch writer and the access trail."""
