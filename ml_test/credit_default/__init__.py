"""The gate of the workload credit_default."""
