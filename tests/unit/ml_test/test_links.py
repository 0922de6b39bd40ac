"""Where a reader of the report finds more."""

from __future__ import annotations

from dataclasses import replace

from ml_test.links import links
from tests.unit.ml_test.test_gate_step import settings


def test_each_has_its_page() -> None:
    """The commit on GitHub; the execution and the champion's report in the console, in the package's region."""
    variables = replace(settings(), repository="me/cars", initiator="codepipeline/Car-Pipeline")
    assert links(variables, "s3://data/gate/e0/1/gate.html") == {
        "commit": "https://github.com/me/cars/commit/0123abc",
        "pipeline_execution": "https://us-east-1.console.aws.amazon.com/codesuite/codepipeline/pipelines/Car-Pipeline"
        "/executions/e1/timeline?region=us-east-1",
        "champion_report": "https://us-east-1.console.aws.amazon.com/s3/object/data?region=us-east-1"
        "&prefix=gate/e0/1/gate.html",
    }


def test_what_is_not_known_has_none() -> None:
    """A build that a person started, of no known repository, beside no champion."""
    assert links(replace(settings(), initiator="ada"), "") == {}
