"""Finds the sender of a request, and refuses one who may not do what the route does."""
