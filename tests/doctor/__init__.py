"""`consentfeed doctor`."""
