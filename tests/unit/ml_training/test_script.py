"""Training by a script of one's own: what training.toml says of it, and what goes to S3."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import ClientError

from handover.addresses import S3Address
from handover.data import Data, Features
from handover.invocations import TensorRow
from handover.step_variables import TrainVariables
from ml_steps.running import StepError
from ml_training.containers import FrameworkContainer, Made
from ml_training.script_job import upload_folder
from ml_training.train import training_job
from ml_training.training import Script, Training

FEATURES = Features(
    splits={name: f"s3://data/features/1/{name}/" for name in ("train", "validation")},
    content_type="text/csv",
    rows={},
    label_counts={},
    labels=("setosa", "versicolor", "virginica"),
    features=("a", "b"),
)
DATA = Data(workload="iris", commit="1", data_sha256="2", features=FEATURES)
VARIABLES = TrainVariables(
    workload="iris",
    bucket="data",
    commit="1",
    execution="e1",
    package_group="iris",
    role_arn="arn:aws:iam::123456789012:role/training",
    invocation="tensorflow-row:label",
)
SCRIPT = Script(framework="tensorflow", version="2.21.0", python="py312")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What the SDK's tables are asked; the program's environment has none."""
    calls: list[tuple[Any, ...]] = []
    core = ModuleType("sagemaker.core")
    core.image_uris = ModuleType("image_uris")  # type: ignore[attr-defined]

    def retrieve(*given: Any, **more: Any) -> str:
        calls.append((*given, *sorted(more.items())))
        return "the-image"

    core.image_uris.retrieve = retrieve  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sagemaker", ModuleType("sagemaker"))
    monkeypatch.setitem(sys.modules, "sagemaker.core", core)
    return calls


def test_the_job_brings_the_workloads_script_and_its_metrics() -> None:
    """Labels are a hyperparameter of the data; the program's prefix is one that only this workload's jobs have."""
    training = Training.of_workload("iris", FEATURES)
    job = training_job(training, DATA, VARIABLES, "image")
    assert job.source is not None
    assert (job.source.folder.name, job.source.entry, job.source.requirements) == ("code", "train.py", None)
    assert job.code == "code/iris/jobs/"
    assert job.hyperparameters["labels"] == ["setosa", "versicolor", "virginica"]
    assert set(job.metrics) == {"train:loss", "validation:loss", "validation:accuracy"}


def test_images_are_asked_by_framework_scope_and_python(asked: list[tuple[Any, ...]]) -> None:
    """Training and serving may be of different versions: AWS releases their images apart."""
    assert SCRIPT.image("us-east-1", "ml.m5.large") == "the-image"
    made = Made(
        region="us-east-1",
        image="training",
        instance_type="ml.m5.large",
        model_data="s3://data/m",
        features=FEATURES,
        invocation=TensorRow("label"),
    )
    kind = FrameworkContainer(framework="tensorflow", version="2.20.0", python="py312", environment={"A": "b"})
    found = kind.container(made)
    assert (found.image, found.model_data, found.environment) == ("the-image", "s3://data/m", {"A": "b"})
    scopes = [(call[0], dict(call[2:])["version"], dict(call[2:])["image_scope"]) for call in asked]
    assert scopes == [("tensorflow", "2.21.0", "training"), ("tensorflow", "2.20.0", "inference")]


def test_requirements_are_those_beside_the_script(tmp_path: Path) -> None:
    """A script without its file is refused by name."""
    with pytest.raises(StepError, match=r"training.toml names the script train.py; there is no .*/code/train.py"):
        SCRIPT.source(tmp_path)
    (tmp_path / "code").mkdir()
    for name in ("train.py", "requirements.txt"):
        (tmp_path / "code" / name).touch()
    source = SCRIPT.source(tmp_path)
    assert source is not None
    assert source.requirements == "requirements.txt"


def test_a_program_is_stored_once(tmp_path: Path) -> None:
    """Each file is put where none is; one that is there already ends the step."""
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "a.py").write_text("a")
    stored: dict[str, Any] = {}

    class Client:
        def put_object(self, **request: Any) -> None:
            if request["Key"] in stored:
                raise ClientError({"Error": {"Code": "PreconditionFailed"}}, "PutObject")
            assert request["IfNoneMatch"] == "*"
            stored[request["Key"]] = request["Body"]

    address = S3Address(bucket="b", key="code/iris/jobs/j/input/code")
    upload_folder(Client(), tmp_path, address)
    assert stored == {"code/iris/jobs/j/input/code/below/a.py": b"a"}
    with pytest.raises(StepError, match=r"s3://b/code/iris/jobs/j/input/code/below/a.py is there already"):
        upload_folder(Client(), tmp_path, address)
