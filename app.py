"""The CDK app: a pipeline for each workload, and the endpoints and APIs that it deploys."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk

from stacks.api_stack import attach_api
from stacks.endpoint_stack import EndpointStack
from stacks.pipeline_stack import PipelineStack
from stacks.settings import load_settings
from stacks.workloads import WORKLOADS

settings = load_settings(Path(__file__).parent / "gatehouse.toml")
# CloudFormation and cfn-lint (tests/templates) check the templates. The CDK's own check would double the time.
app = cdk.App(builtin_cloud_formation_validation=False, analytics_reporting=False, tree_metadata=False)

for workload in WORKLOADS.values():
    own = settings.of(workload.name)
    PipelineStack(app, workload.stack_name("Pipeline"), workload=workload, settings=own)
    EndpointStack(app, "Qa", workload=workload, settings=own)
    EndpointStack(app, "Prod", workload=workload, settings=own)
    attach_api(app, workload=workload, settings=own)

app.synth()
