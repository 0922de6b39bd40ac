"""Pipelines are created whole, or not at all."""

from __future__ import annotations

from copy import deepcopy

import pytest

from localcloud.platform.cloud import Cloud
from localcloud.platform.errors import AwsError
from localcloud.services.codepipeline.pipeline_operations import PipelineOperations
from tests.unit.localcloud.services.calls import call
from tests.unit.localcloud.services.codepipeline.test_structure import PIPELINE

CALL = call("codepipeline", "CreatePipeline")


@pytest.fixture
def pipelines(cloud: Cloud) -> PipelineOperations:
    return PipelineOperations(cloud)


def test_a_variable_needs_no_default(pipelines: PipelineOperations) -> None:
    """The pipeline is made; an execution begins when somebody gives the value."""
    assert pipelines.create_pipeline(CALL, {"pipeline": deepcopy(PIPELINE)})["pipeline"]["name"] == "p"
    assert list(pipelines.records.executions_of("p")) == []
    with pytest.raises(AwsError, match="Variables without a default need a value: Depth"):
        pipelines.engine.start_execution("p", trigger={"triggerType": "StartPipelineExecution"})
    assert list(pipelines.records.executions_of("p")) == []


def test_a_pipeline_that_is_refused_is_not_there(pipelines: PipelineOperations) -> None:
    """Nothing of it is left that the next attempt would meet."""
    with pytest.raises(AwsError):
        pipelines.create_pipeline(CALL, {"pipeline": {**deepcopy(PIPELINE), "stages": PIPELINE["stages"][:1]}})
    with pytest.raises(AwsError, match="p"):
        pipelines.get_pipeline(CALL, {"name": "p"})
