"""Question in, footnoted answer out. Nothing here knows HTTP or HTML."""
