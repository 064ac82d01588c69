"""The interface for operators: routes, a record of every request, and the limits of senders."""
