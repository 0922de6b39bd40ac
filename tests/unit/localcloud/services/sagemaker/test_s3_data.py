"""Data between S3 and the hosts of a job."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

import pytest

from localcloud.platform.errors import EngineError
from localcloud.services.sagemaker.s3_data import S3Data, Share


class S3:
    """Objects by key, and what was uploaded."""

    def __init__(self, *keys: str) -> None:
        self.keys = keys
        self.uploaded: list[str] = []

    def client(self, _: str) -> S3:
        return self

    def get_paginator(self, _: str) -> S3:
        return self

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        return [{"Contents": [{"Key": key} for key in self.keys]}]

    def get_object(self, **_: str) -> dict[str, Any]:
        return {"Body": io.BytesIO(b"x")}

    def upload_file(self, path: str, *_: str, **__: Any) -> None:
        with tarfile.open(path) as archive:
            self.uploaded = archive.getnames()


def files(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def test_a_host_gets_its_share(tmp_path: Path) -> None:
    """All hosts together get everything once, and each is told how much there is."""
    data = S3Data(S3("in/", "in/a", "in/b", "in/c/d"))  # type: ignore[arg-type]
    for number in (0, 1):
        assert data.download_prefix("s3://b/in/", tmp_path / str(number), gzipped=False, share=Share(number, 2)) == 3
    found = [sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file())]
    assert found == [["0/a", "0/c/d", "1/b"]]


def test_what_several_hosts_wrote_is_one_archive(tmp_path: Path) -> None:
    """One archive holds the files of all hosts, as on AWS."""
    s3 = S3()
    hosts = [files(tmp_path / "1", "model", "parts/1"), files(tmp_path / "2", "parts/2")]
    S3Data(s3).upload_archive(hosts, "s3://b/model.tar.gz", None)  # type: ignore[arg-type]
    assert s3.uploaded == ["model", "parts", "parts/1", "parts/2"]


def test_two_hosts_do_not_write_one_file(tmp_path: Path) -> None:
    """Two hosts that write one file are an error, for one of the files would be lost."""
    hosts = [files(tmp_path / "algo-1", "model"), files(tmp_path / "algo-2", "model")]
    with pytest.raises(EngineError, match=r"algo-1/model and .*algo-2/model would be one file"):
        S3Data(S3()).upload_archive(hosts, "s3://b/model.tar.gz", None)  # type: ignore[arg-type]
