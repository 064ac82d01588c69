"""Checks that a sentence keeps what its evidence says of who acts, why, in which order, and how certainly."""
