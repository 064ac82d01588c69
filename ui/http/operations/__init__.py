"""The interface for operators: routes, logging and tracing of requests, and rate limits for each sender."""
