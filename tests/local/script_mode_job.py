"""A training job as a user starts it: by the SageMaker SDK's own ModelTrainer, unchanged. Reads what to do as JSON."""

import json
import sys

import boto3
from sagemaker.core.helper.session_helper import Session
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, MetricDefinition, OutputDataConfig, SourceCode
from sagemaker.train.distributed import Torchrun

asked = json.load(sys.stdin)
boto = boto3.Session()
trainer = ModelTrainer(
    training_image=asked["image"],
    base_job_name=asked["name"],
    role=asked["role"],
    source_code=SourceCode(**asked["source_code"]),
    compute=Compute(instance_type="ml.m5.large", instance_count=asked.get("hosts", 1), volume_size_in_gb=5),
    distributed=Torchrun(process_count_per_node=1) if asked.get("torchrun") else None,
    hyperparameters=asked.get("hyperparameters", {}),
    environment=asked.get("environment", {}),
    output_data_config=OutputDataConfig(s3_output_path=f"s3://{asked['bucket']}/models/"),
    sagemaker_session=Session(boto_session=boto, default_bucket=asked["bucket"]),
)
metrics = [MetricDefinition(name=name, regex=regex) for name, regex in asked.get("metrics", {}).items()]
if metrics:
    trainer.with_metric_definitions(metrics)
channels = [InputData(channel_name=name, data_source=uri) for name, uri in asked.get("channels", {}).items()]
trainer.train(input_data_config=channels, wait=False, logs=False)
sys.stdout.write(trainer._latest_training_job.training_job_name)
