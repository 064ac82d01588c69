"""Question in, ranked sentences out, or an abstention."""
