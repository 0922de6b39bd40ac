"""QA or PROD: one endpoint. The pipeline deploys it, with the package of the release that it carries."""

from __future__ import annotations

from typing import Literal

import aws_cdk as cdk
from constructs import Construct

from handover.names import CHALLENGER_VARIANT, Output, Parameter
from stacks.constructs.answer_alarms import AnswerAlarms
from stacks.constructs.endpoint import ModelEndpoint
from stacks.constructs.endpoint_alarms import EndpointAlarms
from stacks.constructs.endpoint_scaling import EndpointScaling
from stacks.settings import Prod, Settings
from stacks.specs import ExpectedAnswers, Workload


class EndpointStack(cdk.Stack):
    """An endpoint, its scaling and its alarms. No assets: CodePipeline deploys the bare template."""

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
        stage = settings.stages.qa if kind == "Qa" else settings.stages.prod
        package = cdk.CfnParameter(self, Parameter.PACKAGE, description="The model package that is served")
        role = cdk.CfnParameter(self, Parameter.ROLE, description="What the containers may do")
        key = (
            cdk.CfnParameter(self, Parameter.ENCRYPTION_KEY, description="Encrypts disks and what is captured")
            if settings.security.customer_managed_key
            else None
        )
        endpoint = ModelEndpoint(
            self,
            "Served",
            name=workload.endpoint_name(kind),
            package_arn=package.value_as_string,
            role_arn=role.value_as_string,
            stage=stage,
            key_arn=key.value_as_string if key else None,
        )
        if stage.scaling:
            EndpointScaling(self, "Scaling", endpoint=endpoint, scaling=stage.scaling)
        if stage.alarms:
            alarms = EndpointAlarms(self, "Alarms", endpoint=endpoint, alarms=stage.alarms)
            if workload.answers and stage.capture_percent:
                watch_answers(self, alarms, endpoint, workload.answers)
            if isinstance(stage, Prod) and stage.deployment:
                endpoint.guard(stage.deployment, alarms.guards)
        cdk.CfnOutput(self, Output.ENDPOINT, value=endpoint.endpoint.attr_endpoint_name)
        cdk.CfnOutput(self, Output.PACKAGE, value=package.value_as_string)


def watch_answers(scope: Construct, alarms: EndpointAlarms, endpoint: ModelEndpoint, expected: ExpectedAnswers) -> None:
    """Those of the main variant, and of a challenger while it competes."""
    main = endpoint.answer_dimensions
    alarms.add(AnswerAlarms(scope, "Answers", dimensions=main, expected=expected).all)
    if endpoint.challenger:
        second = main | {"VariantName": CHALLENGER_VARIANT, "Release": endpoint.challenger.release}
        watching = AnswerAlarms(scope, "ChallengerAnswers", dimensions=second, expected=expected)
        alarms.add(watching.all, of=endpoint.challenger)
