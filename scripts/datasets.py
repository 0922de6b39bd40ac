"""Stores a data set's file, which may not be shipped with the project, in the workload's data bucket.

The data step finds it there by its SHA-256, before it asks any address. The file is searched for, under its name in
dataset.toml, in the folders of the variable GATEHOUSE_DATASETS (separated as in PATH; by default ``../shared/data``),
and then fetched from its sources.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from handover.names import Output
from handover.places import raw_file
from ml_init.dataset import Dataset
from ml_init.fetch import fetch
from ml_steps.objects import put_once
from scripts import cloud
from scripts.command import run
from scripts.reads.stacks import outputs_of
from stacks.workloads import WORKLOADS

if TYPE_CHECKING:
    from ml_init.dataset import DataFile

FOLDERS = "GATEHOUSE_DATASETS"
_DEFAULT = "../shared/data"


def main(workload: str) -> int:
    folder = Path("ml_init") / workload
    file = Dataset.read(folder / "dataset.toml").file
    if is_shipped(file, folder):
        print(f"{file.name} is shipped with the project: there is nothing to store.")
        return 0
    content = found(file) or _fetched(file, folder)
    _store(workload, file, content)
    return 0


def provide(workload: str) -> None:
    """Before a push: store the file if it is not shipped and lies on this machine. The data step fetches all others."""
    folder = Path("ml_init") / workload
    file = Dataset.read(folder / "dataset.toml").file
    if not is_shipped(file, folder) and (content := found(file)) is not None:
        _store(workload, file, content)


def is_shipped(file: DataFile, folder: Path) -> bool:
    """Whether a source stands in the workload's folder."""
    return any((folder / source).is_file() for source in file.sources if "://" not in source)


def found(file: DataFile) -> bytes | None:
    """The file from a folder of GATEHOUSE_DATASETS, or None. A file with another content is not taken."""
    for folder in map(Path, os.environ.get(FOLDERS, _DEFAULT).split(os.pathsep)):
        for path in sorted(folder.rglob(file.name)) if folder.is_dir() else []:
            content = path.read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            if digest == file.sha256:
                print(f"{path}: {len(content)} bytes, SHA-256 as expected")
                return content
            print(f"{path}: its SHA-256 is {digest}, expected {file.sha256}")
    return None


def _fetched(file: DataFile, folder: Path) -> bytes:
    with tempfile.TemporaryDirectory() as into:
        return fetch(file, folder=folder, into=Path(into)).read_bytes()


def _store(workload: str, file: DataFile, content: bytes) -> None:
    bucket = outputs_of(WORKLOADS[workload].stack_name("Pipeline"))[Output.DATA_BUCKET]
    address = raw_file(bucket, file.sha256, file.name)
    new = put_once(cloud.client("s3"), address, content)
    print(f"{address}: {'stored' if new else 'it is there already'}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    run(lambda: main(parser.parse_args().workload))
