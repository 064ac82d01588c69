"""Scripts that print the figures in the README and the documentation."""
