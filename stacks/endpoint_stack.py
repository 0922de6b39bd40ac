"""QA or PROD: one endpoint. The pipeline deploys it with the model package of the release."""

from __future__ import annotations

from typing import Literal

import aws_cdk as cdk
from handover.names import Output, Parameter

from constructs import Construct
from stacks.constructs.endpoint import ModelEndpoint
from stacks.constructs.endpoint_guards import attach_guards
from stacks.constructs.endpoint_scaling import attach_scaling
from stacks.endpoint_parameters import encryption_key_parameter
from stacks.settings import Settings
from stacks.specs import Workload


class EndpointStack(cdk.Stack):
    """An endpoint, its scaling and its guards. It has no assets: CodePipeline deploys the bare template."""

    def __init__(
        self, scope: Construct, kind: Literal["Qa", "Prod"], *, workload: Workload, settings: Settings
    ) -> None:
        super().__init__(
            scope,
            workload.stack_name(kind),
            env=cdk.Environment(account=settings.project.account, region=settings.project.region),
            description=f"The {kind.upper()} endpoint of {workload.name}",
            synthesizer=cdk.BootstraplessSynthesizer(),
        )
        stage = settings.stages.of(kind)
        package = cdk.CfnParameter(self, Parameter.PACKAGE, description="The model package that is served")
        role = cdk.CfnParameter(self, Parameter.ROLE, description="What the containers may do")
        endpoint = ModelEndpoint(
            self,
            "Served",
            name=workload.endpoint_name(kind),
            package_arn=package.value_as_string,
            role_arn=role.value_as_string,
            stage=stage,
            key_arn=encryption_key_parameter(self, settings.security),
        )
        attach_scaling(self, endpoint=endpoint, scaling=stage.scaling)
        attach_guards(self, workload=workload, endpoint=endpoint, stage=stage)
        cdk.CfnOutput(self, Output.ENDPOINT, value=endpoint.endpoint.attr_endpoint_name)
        cdk.CfnOutput(self, Output.PACKAGE, value=package.value_as_string)
