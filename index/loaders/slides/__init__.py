"""Presentations: slides, charts and diagrams."""
