"""consentfeed: consents in PostgreSQL, and every change of them on every screen that follows."""

__version__ = "0.1.0"
