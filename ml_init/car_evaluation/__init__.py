"""The data step of the workload car_evaluation."""
