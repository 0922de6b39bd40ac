"""Templates and their values, without a cloud."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from localcloud.cloudformation.evaluation import Evaluation
from localcloud.cloudformation.template import Template
from localcloud.platform.errors import AwsError

PSEUDO = {
    "AWS::AccountId": "123456789012",
    "AWS::NotificationARNs": [],
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/Demo/1",
    "AWS::StackName": "Demo",
    "AWS::URLSuffix": "amazonaws.com",
}


class Made:
    """Resources that answer their own name."""

    def ref(self, logical_id: str) -> str:
        return f"the-{logical_id}"

    def attribute(self, logical_id: str, name: str) -> str:
        return f"{name}-of-{logical_id}"


def no_export(name: str) -> str:
    raise AwsError("ValidationError", f"No export named {name} found.")


@pytest.fixture
def evaluation() -> Callable[..., Evaluation]:
    def make(
        template: dict[str, Any] | None = None, *, exports: dict[str, str] | None = None, **parameters: Any
    ) -> Evaluation:
        document = {"Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}}, **(template or {})}
        return Evaluation(
            template=Template.parse(json.dumps(document)),
            parameters=parameters,
            pseudo=PSEUDO,
            resources=Made(),
            imported=exports.__getitem__ if exports else no_export,
        )

    return make
