"""Scripts that print every figure that the README quotes."""
