"""The role of transform jobs, which exists where files may be scored."""

from __future__ import annotations

import pytest

from stacks.specs import Workload
from tests.templates.cloud_assembly import CloudAssembly
from tests.templates.template import Template, render


@pytest.fixture
def scoring(assembly_with_batch: CloudAssembly, workload: Workload) -> Template:
    return assembly_with_batch.templates[workload.stack_name("Pipeline")]


def test_a_transform_job_reads_approved_models_and_its_own_folder(scoring: Template, workload: Workload) -> None:
    """What it reads of models is tagged as approved; otherwise it reads and writes below batch/ alone."""
    statements = [each for each in scoring.identity_statements() if each.holder.startswith("WorkshopBatchRole")]
    of_objects = [each for each in statements if {"s3:GetObject", "s3:PutObject"} & set(each.actions)]
    approved, own = sorted(of_objects, key=lambda each: not each.conditions)
    assert list(approved.actions) == ["s3:GetObject"]
    assert approved.conditions == {"StringEquals": {"s3:ExistingObjectTag/gatehouse:approval": "Approved"}}
    read = [render(resource).partition("/")[2] for resource in approved.resources]
    assert read == [f"{prefix}*" for prefix in workload.artifact_prefixes]
    assert own.conditions == {}
    assert [render(resource).partition("/")[2] for resource in own.resources] == ["batch/*"]
    assert set(own.actions) == {"s3:GetObject", "s3:PutObject"}


def test_the_role_is_among_the_outputs_where_it_exists(scoring: Template, pipeline: Template) -> None:
    """`make score` finds it there; without [batch] there is neither role nor output."""
    assert "BatchRoleArn" in scoring.document["Outputs"]
    assert "BatchRoleArn" not in pipeline.document["Outputs"]
    assert not [name for name in pipeline.of_type("AWS::IAM::Role") if "Batch" in name]
