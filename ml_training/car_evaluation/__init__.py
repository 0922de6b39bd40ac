"""The training step of the workload car_evaluation."""
