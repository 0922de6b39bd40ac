"""The stack that a user deploys: a workload's pipeline and all resources of its steps."""

from __future__ import annotations

import aws_cdk as cdk

from constructs import Construct
from stacks.constructs.deployments import deployments
from stacks.constructs.ended_release import EndedRelease
from stacks.constructs.pipeline_actions import PipelineActions
from stacks.constructs.pushes import attach_pushes
from stacks.constructs.qa_clean_up import QaCleanUp
from stacks.constructs.release_pipeline import ReleasePipeline
from stacks.constructs.scheduled_scores import attach_schedule
from stacks.constructs.watches import attach_counting
from stacks.constructs.workload_resources import WorkloadResources
from stacks.settings import Settings
from stacks.specs import Workload
from stacks.steps.stages import stages_of


class PipelineStack(cdk.Stack):
    """Takes a git push to PROD.

    The ids of the constructs are part of the names of buckets and keys, which hold data: do not change them.
    """

    def __init__(self, scope: Construct, construct_id: str, *, workload: Workload, settings: Settings) -> None:
        env = cdk.Environment(account=settings.project.account, region=settings.project.region)
        super().__init__(scope, construct_id, env=env, description=f"The pipeline of {workload.name}")
        resources = WorkloadResources(self, "Workshop", workload=workload, settings=settings)
        deployment = deployments(self, workload=workload, settings=settings, resources=resources)
        actions = PipelineActions(self, "Steps", workload=workload, resources=resources, deployment=deployment)
        release = ReleasePipeline(
            self,
            "Release",
            stages=stages_of(workload, resources, settings),
            actions=actions,
            encryption=resources.encryption,
        )
        attach_pushes(release, pipeline=release.pipeline, workload=workload, github=settings.github)
        EndedRelease(release, "Ended", workload=workload, pipeline=release.pipeline, resources=resources)
        QaCleanUp(
            self,
            "QaCleanUp",
            workload=workload,
            pipeline=release.pipeline,
            encryption=resources.encryption,
            time_to_live_hours=settings.stages.qa.time_to_live_hours,
        )
        attach_schedule(self, workload=workload, settings=settings, resources=resources)
        attach_counting(self, workload=workload, stage=settings.stages.prod, resources=resources)
