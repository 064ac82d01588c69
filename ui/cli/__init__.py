"""The command ``footnoted``: one module for each command."""
