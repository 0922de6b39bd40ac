"""Images by the name of their repository."""

import re
import shutil
from pathlib import Path

import pytest
from content_types import content_type

from localcloud.images.registry import FOLDERS, IMAGES, image_of, images_named, service_locks
from localcloud.platform.environments import Environments
from localcloud.platform.errors import UnsupportedError


def test_an_image_is_found_by_its_repository_whatever_its_tag():
    """Registry host and tag do not matter."""
    image = image_of("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0")
    assert image.folder.name == "sagemaker_xgboost"
    assert image_of("1.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-sparkml-serving:3.3").folder.name == "sparkml_serving"


def test_an_unknown_image_is_refused_by_its_address():
    """The error names the image, and those that there are."""
    with pytest.raises(UnsupportedError, match=r"example.com/my/model:1.*sagemaker-xgboost, sagemaker-sparkml"):
        image_of("example.com/my/model:1")


def test_every_image_has_its_programs_and_its_lock():
    """A stand-in can be installed, and serves; XGBoost and the factorization machines also train."""
    for name in ("sagemaker-xgboost", "sagemaker-sparkml-serving", "factorization-machines", "tensorflow-inference"):
        image = image_of(f"host/{name}:1")
        serve = image.program("serve")
        assert serve is not None
        assert (serve.parent / "requirements.lock").exists()
    for name in ("sagemaker-xgboost", "factorization-machines"):
        assert image_of(f"host/{name}:1").program("train") is not None
    assert image_of("host/sagemaker-sparkml-serving:1").program("train") is None


def test_every_folder_with_programs_of_a_container_is_listed():
    """An image's folder that is not listed fails this test, for at run time it would only be unknown."""
    assert {path.parent.name for path in IMAGES.glob("*/image.toml")} == set(FOLDERS)


def test_xgboost_reads_what_its_description_says():
    """XGBoost's programs read every format that its description names, for training and for serving."""
    description = image_of("host/sagemaker-xgboost:1").description
    assert description.training is not None
    assert description.serving is not None
    for name in {*description.training.content_types, *description.serving.content_types}:
        assert content_type(name) in {"csv", "libsvm", "recordio-protobuf"}


def test_only_named_images_are_installed_ahead_of_use():
    """A user of one workload does not pay for the images of another; what services use is no image of a workload."""
    assert [image.folder.name for image in images_named(["sagemaker-xgboost", "other"])] == ["sagemaker_xgboost"]
    assert {image.folder.name for image in images_named(None)} == set(FOLDERS)
    locks = {lock.parent.name for lock in service_locks()}
    assert {"glue_spark", "lambda_python"} <= locks
    assert not locks & set(FOLDERS)


def test_large_packages_are_told_of_before_they_are_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The text has the size, the reason and the way to less; when they are there, nothing is said."""
    monkeypatch.delenv("UV_TORCH_BACKEND", raising=False)
    image, environments = image_of("host/pytorch:1"), Environments(tmp_path)
    notice = image.notice(environments)
    assert notice.startswith("Installing the packages of the image pytorch, once: 5.5 GB. ")
    assert "UV_TORCH_BACKEND=cpu" in notice
    assert image_of("host/sagemaker-xgboost:1").notice(environments) == ""
    shutil.copytree(IMAGES / "pytorch_training", tmp_path / "python" / environments.name(image.lock, minor="3.12"))
    assert image.notice(environments) == ""


def test_uvs_own_variable_takes_pytorch_without_cuda(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such packages need no notice. An image that has no such lock keeps the one it has."""
    monkeypatch.setenv("UV_TORCH_BACKEND", "cpu")
    image = image_of("host/pytorch:1")
    assert image.lock.name == "requirements.cpu.lock"
    assert image.notice(Environments(tmp_path)) == ""
    assert image_of("host/sagemaker-xgboost:1").lock.name == "requirements.lock"


def test_pytorch_without_cuda_has_the_same_versions() -> None:
    """The lock is the other one without CUDA's packages. PyTorch's own builds have hashes that PyPI does not know."""
    folder = IMAGES / "pytorch_training"
    full, small = (packages(folder / name) for name in ("requirements.lock", "requirements.cpu.lock"))
    cuda = {name for name in full if name.startswith(("nvidia-", "cuda-", "triton"))}
    assert len(cuda) > 10
    builds = {name: text.split(" ")[0].strip() for name, text in full.items() if name in {"torch", "torchvision"}}
    assert small == {name: builds.get(name, text) for name, text in full.items() if name not in cuda}


def packages(lock: Path) -> dict[str, str]:
    """Each package's part of a lock file."""
    parts = re.split(r"\n(?=\S)", lock.read_text().strip())
    return {part.partition("==")[0]: part for part in parts}
