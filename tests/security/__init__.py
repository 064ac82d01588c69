"""Attacks on a real server."""
