"""Conversations, kept answers and feedback."""
