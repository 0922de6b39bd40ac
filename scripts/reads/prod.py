"""PROD of a workload: what serves now, and what served before, from SageMaker's and CloudFormation's own records."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from handover.names import NO_CHAMPION, Parameter
from handover.serving import Serving, Variant, serving, serving_fault
from scripts import cloud
from scripts.reads.stacks import stack_of
from stacks.workloads import WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from scripts.reads.registry import Registry

#: From these states on, what an operation deployed serves; its clean-up may still be running.
_DEPLOYED = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE"})
_READY = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Served:
    """One production variant; ``weight`` is its share of the traffic, 0 to 1. The ARN is empty for a foreign model."""

    variant: str
    weight: float
    package_arn: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Tenure:
    """A package that PROD's stack came to serve, and when its endpoint was ready."""

    package_arn: str
    since: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Deployed:
    """What PROD's stack has to serve: a release, alone or beside the champion with which it competes."""

    package_arn: str
    champion_arn: str | None

    @classmethod
    def of(cls, stack: Mapping[str, Any]) -> Deployed:
        told = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}
        champion = told.get(Parameter.CHAMPION, NO_CHAMPION)
        return cls(package_arn=told[Parameter.PACKAGE], champion_arn=None if champion == NO_CHAMPION else champion)


class Prod:
    """A workload's PROD stack and its endpoint."""

    def __init__(self, workload: str) -> None:
        self.workload = WORKLOADS[workload]
        self.stack_name = self.workload.stack_name("Prod")
        self.endpoint_name = self.workload.endpoint_name("Prod")
        self._cloudformation = cloud.client("cloudformation")
        self._sagemaker = cloud.client("sagemaker")

    def stack(self) -> dict[str, Any] | None:
        """As CloudFormation describes it; None if PROD has not been deployed yet."""
        return stack_of(self.stack_name)

    def endpoint(self) -> dict[str, Any] | None:
        """As SageMaker describes it; None if it is gone, or has not been created yet."""
        try:
            found: dict[str, Any] = self._sagemaker.describe_endpoint(EndpointName=self.endpoint_name)
        except ClientError as error:
            if "Could not find" in str(error):
                return None
            raise
        return found

    def serving(self) -> Serving | None:
        """The endpoint with the models behind it; None if it is gone, or has not been created yet."""
        endpoint = self.endpoint()
        return None if endpoint is None else serving(self._sagemaker, self.endpoint_name, described=endpoint)

    def serves(self, registry: Registry) -> tuple[Served, ...]:
        """The variants with their packages; empty if no endpoint answers."""
        found = self.serving()
        if found is None or not found.described.get("ProductionVariants"):
            return ()
        return tuple(
            Served(variant=each.name, weight=each.weight, package_arn=self._package_of(each, registry))
            for each in found.variants
        )

    def history(self) -> list[Tenure]:
        """What this stack has served, oldest first, without what only competed."""
        return tenures(self.stack_name, self._events, "Model")

    def competitions(self) -> list[Tenure]:
        """What has competed with a champion, oldest first."""
        return tenures(self.stack_name, self._events, "ChallengerModel")

    @cached_property
    def _events(self) -> list[dict[str, Any]]:
        """Oldest first. CloudFormation keeps a stack's events for 90 days."""
        pages = self._cloudformation.get_paginator("describe_stack_events").paginate(StackName=self.stack_name)
        return [event for page in pages for event in page["StackEvents"]][::-1]

    @staticmethod
    def _package_of(variant: Variant, registry: Registry) -> str:
        """The package from which a variant's model was created: named, or found by its images and artifacts."""
        if variant.package_arn:
            return variant.package_arn
        for version in registry.versions():
            if serving_fault(variant.containers, registry.release(version.arn).package) is None:
                return version.arn
        return ""


def tenures(stack_name: str, events: Iterable[Mapping[str, Any]], model: str) -> list[Tenure]:
    """What a stack's events, oldest first, say about the packages from which one of its models was created.

    An operation that was rolled back also created a model, but that model never served.
    """
    found: list[Tenure] = []
    made: str | None = None
    ready: datetime | None = None
    for event in events:
        kind, status = event["ResourceType"], event["ResourceStatus"]
        # CloudFormation reports a replaced resource as updated.
        if kind == "AWS::SageMaker::Model" and status in _READY:
            if event["LogicalResourceId"] == f"{stack_name}{model}":
                made = json.loads(event["ResourceProperties"])["PrimaryContainer"]["ModelPackageName"]
        elif kind == "AWS::SageMaker::Endpoint" and status in _READY:
            ready = event["Timestamp"]
        elif kind == "AWS::CloudFormation::Stack":
            if status in _DEPLOYED and made:
                if not found or found[-1].package_arn != made:
                    found.append(Tenure(package_arn=made, since=ready or event["Timestamp"]))
                made, ready = None, None
            elif "ROLLBACK" in status:
                made, ready = None, None
    return found


def before(history: Sequence[Tenure], package_arn: str) -> list[str]:
    """The packages that served before this one first did, latest first: what a rollback can return to."""
    first = next((place for place, tenure in enumerate(history) if tenure.package_arn == package_arn), 0)
    return list(dict.fromkeys(tenure.package_arn for tenure in reversed(history[:first])))
