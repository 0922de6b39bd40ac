"""The CDK app: a pipeline for each workload, and the endpoints and APIs that it deploys.

``cdk synth --context workload=NAME`` makes the stacks of that workload alone, in about half of the time.
"""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk

from stacks.api_stack import attach_api
from stacks.endpoint_stack import EndpointStack
from stacks.pipeline_stack import PipelineStack
from stacks.settings import load_settings
from stacks.workload_files import check_files, refusals
from stacks.workloads import chosen

project = Path(__file__).parent
# CloudFormation and cfn-lint (tests/templates) check the templates. The CDK's own check would double the time.
app = cdk.App(builtin_cloud_formation_validation=False, analytics_reporting=False, tree_metadata=False)

workloads = chosen(app.node.try_get_context("workload"))
with refusals():
    settings = load_settings(project / "gatehouse.toml")
    check_files(project, workloads, settings)

for workload in workloads:
    own = settings.of(workload.name)
    PipelineStack(app, workload.stack_name("Pipeline"), workload=workload, settings=own)
    EndpointStack(app, "Qa", workload=workload, settings=own)
    EndpointStack(app, "Prod", workload=workload, settings=own)
    attach_api(app, workload=workload, settings=own)

app.synth()
