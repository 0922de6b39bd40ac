"""What the steps of all pipelines share: how a step runs and fails, its artifacts, and objects in S3."""
