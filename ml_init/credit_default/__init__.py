"""The data step of the workload credit_default."""
