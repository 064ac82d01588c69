"""Rewrites follow-up questions so that they stand alone."""
