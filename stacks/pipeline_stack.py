"""What a user deploys: a workload's pipeline and everything that its steps work with."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from stacks.constructs.answer_share import AnswerShare
from stacks.constructs.endpoint_deployment import EndpointDeploymentRole
from stacks.constructs.qa_clean_up import QaCleanUp
from stacks.constructs.release_pipeline import ReleasePipeline
from stacks.constructs.steps import Steps
from stacks.constructs.workshop import Workshop
from stacks.settings import Settings
from stacks.specs import Workload


class PipelineStack(cdk.Stack):
    """A git push goes through this to PROD."""

    def __init__(self, scope: Construct, construct_id: str, *, workload: Workload, settings: Settings) -> None:
        env = cdk.Environment(account=settings.project.account, region=settings.project.region)
        super().__init__(scope, construct_id, env=env, description=f"The pipeline of {workload.name}")
        workshop = Workshop(self, "Workshop", workload=workload, settings=settings)
        prod = settings.stages.prod
        steps = Steps(
            self,
            "Steps",
            workload=workload,
            workshop=workshop,
            approval=prod.approval,
            competes=prod.ab is not None,
        )
        deployment = EndpointDeploymentRole(
            self,
            "DeploymentRole",
            workload=workload,
            registry=workshop.registry,
            serving=workshop.serving_roles.values(),
        )
        if workshop.encryption:
            workshop.encryption.grant_volumes(deployment)
        release = ReleasePipeline(
            self,
            "Release",
            workload=workload,
            settings=settings,
            workshop=workshop,
            steps=steps,
            deployment=deployment,
        )
        QaCleanUp(
            self,
            "QaCleanUp",
            workload=workload,
            pipeline=release.pipeline,
            encryption=workshop.encryption,
            time_to_live_hours=settings.stages.qa.time_to_live_hours,
        )
        if workload.answers and settings.stages.prod.capture_percent:
            AnswerShare(
                self, "AnswerShare", data=workshop.data, expected=workload.answers, encryption=workshop.encryption
            )
