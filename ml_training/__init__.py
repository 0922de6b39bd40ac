"""What the training steps share: training jobs and the model registry."""
