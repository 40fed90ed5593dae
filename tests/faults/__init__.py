"""One file per fault, named by it."""
