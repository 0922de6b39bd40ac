"""How the pipeline deploys each of its stacks: with which role, and with which parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aws_cdk import aws_iam as iam
from handover.names import ENDPOINT_STACKS, GUARDED, Parameter, StackKind

from constructs import Construct
from stacks.constructs.api_deployment import ApiDeploymentRole
from stacks.constructs.door import door_of
from stacks.constructs.endpoint_deployment import deployment_roles
from stacks.constructs.workload_resources import WorkloadResources
from stacks.endpoint_parameters import parameters_of
from stacks.execution import CHAMPION, PACKAGE
from stacks.settings import Settings
from stacks.specs import Workload


@dataclass(frozen=True, kw_only=True, slots=True)
class Deployment:
    role: iam.IRole
    parameters: Mapping[str, Any]


def deployments(
    scope: Construct, *, workload: Workload, settings: Settings, resources: WorkloadResources
) -> dict[StackKind, Deployment]:
    """That of each endpoint's stack, and of the API's if the workload has a door."""
    roles = deployment_roles(scope, workload=workload, settings=settings, resources=resources)
    found: dict[StackKind, Deployment] = {
        kind: Deployment(role=roles[kind], parameters=_of_endpoint(kind, settings, resources))
        for kind in ENDPOINT_STACKS
    }
    door = door_of(scope, workload=workload, settings=settings, data=resources.data)
    if door:
        role = ApiDeploymentRole(scope, "ApiDeploymentRole", workload=workload, settings=settings.api, door=door)
        served = {Parameter.PACKAGE.value: PACKAGE}
        if settings.stages.prod.competes_by:
            served[Parameter.CHAMPION.value] = CHAMPION
        found["Api"] = Deployment(role=role, parameters=served | door.parameters)
    return found


def _of_endpoint(kind: StackKind, settings: Settings, resources: WorkloadResources) -> dict[str, Any]:
    """The parameters of the stage's stack, with their values."""
    values = {
        Parameter.PACKAGE: PACKAGE,
        Parameter.ROLE: resources.serving_roles[kind].role_arn,
        Parameter.ENCRYPTION_KEY: resources.encryption.arn,
        Parameter.CAPTURE_BUCKET: resources.data.name,
        Parameter.TOPIC: resources.notifications.topic_arn,
        Parameter.CHAMPION: CHAMPION,
        Parameter.SHIFT: GUARDED,
    }
    wanted = parameters_of(settings.stages.of(kind), settings.security)
    return {parameter.value: values[parameter] for parameter in wanted}
