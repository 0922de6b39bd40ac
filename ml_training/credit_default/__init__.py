"""The training step of the workload credit_default."""
