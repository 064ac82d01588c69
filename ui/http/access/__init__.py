"""The sender of a request, the need of its route, and the refusal of everyone else."""
