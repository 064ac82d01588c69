"""Documents in, nearest passages out. Nothing here knows that questions exist."""
