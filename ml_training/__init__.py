"""The training step: a job from ``ml_training/<workload>/training.toml``, and a package in the model registry."""
