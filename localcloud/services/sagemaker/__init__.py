"""SageMaker: training, model registry, hosting and the runtime of endpoints."""
