"""How the data step sees the resources that make a workload's features: one class for each kind."""

from __future__ import annotations

from typing import Protocol

from aws_cdk import aws_iam as iam
from handover.places import FEATURES, RAW

from constructs import Construct
from stacks.constructs.data_bucket import DataBucket
from stacks.constructs.spark_features import SparkFeatures
from stacks.specs import Workload


class Features(Protocol):
    """What the data step needs to know about Glue, where it adds objects, and its other permissions."""

    @property
    def glue_job(self) -> str | None: ...

    @property
    def glue_crawler(self) -> str | None: ...

    @property
    def glue_database(self) -> str | None: ...

    @property
    def glue_script_key(self) -> str | None: ...

    @property
    def places(self) -> tuple[str, ...]:
        """The prefixes under which the step adds objects."""

    def grant_make(self, grantee: iam.IGrantable) -> None: ...


class PlainFeatures:
    """The data step makes the features itself: there is no Glue, and nothing to grant."""

    glue_job = glue_crawler = glue_database = glue_script_key = None
    places = (RAW, FEATURES)

    def grant_make(self, grantee: iam.IGrantable) -> None:
        """Grants nothing: the step itself does everything."""


def features_of(scope: Construct, *, workload: Workload, data: DataBucket) -> Features:
    """The features for the kind of the workload's data."""
    if workload.glue is None:
        return PlainFeatures()
    return SparkFeatures(scope, data=data, workload=workload, glue=workload.glue)
