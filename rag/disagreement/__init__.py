"""Finds the figures in which reports disagree."""
