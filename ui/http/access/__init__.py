"""Who a request comes from, what its route needs, and the refusal of everyone else."""
