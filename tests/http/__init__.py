"""A request's way in and an answer's way out."""
