"""Figures in which reports disagree."""
