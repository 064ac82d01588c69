"""Finds the sender of a request, and refuses a sender who may not do what the route does."""
