"""The API and the page of a release, which the pipeline deploys after PROD."""

from __future__ import annotations

import aws_cdk as cdk

from constructs import Construct
from stacks.api_parameters import DeployedApi
from stacks.constructs.predict_function import PredictFunction
from stacks.constructs.published_page import attach_page
from stacks.constructs.pushed_assets import pushed_prefix
from stacks.constructs.release_api import ReleaseApi
from stacks.door_facts import door_facts
from stacks.settings import Settings
from stacks.specs import Workload


class ApiStack(cdk.Stack):
    """Methods, function and page. Who may call, and what the function may do, it gets from the pipeline's stack.

    Its assets are published by the Build stage, under a prefix of the workload's own in the bootstrap's bucket.
    """

    def __init__(self, scope: Construct, *, workload: Workload, settings: Settings) -> None:
        super().__init__(
            scope,
            workload.stack_name("Api"),
            env=cdk.Environment(account=settings.project.account, region=settings.project.region),
            description=f"The API and the page of {workload.name}",
            synthesizer=cdk.CliCredentialsStackSynthesizer(bucket_prefix=pushed_prefix(workload)),
        )
        facts = door_facts(workload, settings.dataset)
        deployed = DeployedApi.declared(self, settings.api)
        function = PredictFunction(
            self,
            "Predict",
            workload=workload,
            settings=settings.api,
            facts=facts,
            page_origin=deployed.page_origin,
            competes=settings.stages.prod.competes_by is not None,
        )
        ReleaseApi(self, "Api", settings=settings.api, facts=facts, function=function, deployed=deployed)
        attach_page(self, settings.api)


def attach_api(scope: Construct, *, workload: Workload, settings: Settings) -> None:
    """Without a door, there is no such stack."""
    if workload.api:
        ApiStack(scope, workload=workload, settings=settings)
