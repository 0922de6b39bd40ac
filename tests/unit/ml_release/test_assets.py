"""The end of the Build stage: files are published where the template says, once."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ml_release.assets import publish, zipped
from ml_steps.running import StepError


class S3:
    """Objects that are added and never overwritten."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put_object(self, **put: Any) -> None:
        assert put["IfNoneMatch"] == "*"
        if put["Key"] in self.objects:
            raise ClientError({"Error": {"Code": "PreconditionFailed"}}, "PutObject")
        self.objects[put["Key"]] = put["Body"]


def assembly(folder: Path, packaging: str = "zip", **more: Any) -> Path:
    """A cloud assembly with one asset, and the template that names it."""
    (folder / "asset.1" / "handover").mkdir(parents=True)
    (folder / "asset.1" / "handler.py").write_text("def handle(): ...\n")
    (folder / "asset.1" / "handover" / "names.py").write_text("A = 1\n")
    (folder / "CarsApi.template.json").write_text("{}")
    files = {
        "1": {
            "source": {"path": "asset.1", "packaging": packaging},
            "destinations": {"here": {"bucketName": "assets", "objectKey": "pushed/cars/1.zip"}},
        },
        "2": {
            "source": {"path": "CarsApi.template.json", "packaging": "file"},
            "destinations": {"here": {"bucketName": "assets", "objectKey": "pushed/cars/2.json"}},
        },
    }
    manifest = folder / "CarsApi.assets.json"
    manifest.write_text(json.dumps({"files": files, "dockerImages": {}, **more}))
    return manifest


def test_a_folder_is_published_as_an_archive_of_its_files(tmp_path: Path) -> None:
    """The archive stands at the manifest's key with the files at their paths; the template is not published."""
    s3 = S3()
    publish(s3, assembly(tmp_path))
    assert list(s3.objects) == ["pushed/cars/1.zip"]
    with zipfile.ZipFile(io.BytesIO(s3.objects["pushed/cars/1.zip"])) as archive:
        assert archive.namelist() == ["handler.py", "handover/names.py"]
        assert archive.read("handover/names.py") == b"A = 1\n"


def test_an_asset_that_is_there_stays_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Publishing a second time overwrites nothing, and says so."""
    s3 = S3()
    manifest = assembly(tmp_path)
    publish(s3, manifest)
    before = dict(s3.objects)
    publish(s3, manifest)
    assert s3.objects == before
    assert "there already" in capsys.readouterr().out


def test_equal_files_make_an_equal_archive(tmp_path: Path) -> None:
    """Neither the files' times nor their order on the disk are part of an archive."""
    made = []
    for name, order in (("a", ("x.py", "y.py")), ("b", ("y.py", "x.py"))):
        folder = tmp_path / name
        folder.mkdir()
        for file in order:
            (folder / file).write_text(file)
        made.append(zipped(folder))
    assert made[0] == made[1]


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    """An asset of another kind, or a container image, is refused by name instead of left out."""
    with pytest.raises(StepError, match=r"asset\.1 is to be published as file"):
        publish(S3(), assembly(tmp_path / "one", packaging="file"))
    with pytest.raises(StepError, match="names container images"):
        publish(S3(), assembly(tmp_path / "two", dockerImages={"1": {}}))
