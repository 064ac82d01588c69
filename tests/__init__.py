"""The tests. Each package has a folder of its own; shared helpers are in ``support``."""
