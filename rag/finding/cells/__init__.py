"""Finds the cell of a cited row that a question means."""
