"""The gate of the workload car_evaluation."""
