"""Ranked sentences in, an answer out: quoted, or written by a language model."""
