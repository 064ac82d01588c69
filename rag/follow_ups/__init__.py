"""Follow-up questions rewritten so that they stand alone."""
