"""The training step: a job by ``ml_training/<workload>/training.toml``, and a package in the model registry."""
