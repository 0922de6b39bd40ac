"""Stores files of a data set that may not be shipped with the project in the workload's data bucket.

The data step finds each there by its SHA-256, before it asks any address. A file is searched for, under its name in
dataset.toml, in the folders of the variable GATEHOUSE_DATASETS (separated as in PATH; by default ``../shared/data``),
and then fetched from its sources, from Kaggle with the user's token. If the checksum is not known to the project, the
command says which one the file has, and where to state it.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handover.datasets import files_of, tables_of
from handover.names import Output
from handover.places import raw_file
from ml_init.contract import check
from ml_init.dataset import DataFile, Dataset, Titles
from ml_init.fetch import fetch
from ml_init.pretrained import Pretrained
from ml_steps.objects import put_once
from ml_steps.strict import read_table
from scripts import cloud, kaggle
from scripts.command import run
from scripts.reads.errors import NotThereError
from scripts.reads.stacks import pipeline_outputs
from stacks.settings import load_settings
from stacks.workloads import WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ml_init.fetch import NamedFile

FOLDERS = "GATEHOUSE_DATASETS"
_DEFAULT = "../shared/data"
#: The checksum of a file that nobody has stated.
UNSTATED = "unstated"


def main(workload: str) -> int:
    folder, (tables, file) = Path("ml_init") / workload, chosen(workload)
    if file.sha256 == UNSTATED:
        return _say_checksum(workload, tables, file)
    for each in all_files(file, tables):
        if is_shipped(each, folder):
            print(f"{each.name} is shipped with the project: there is nothing to store.")
        else:
            _store(workload, each, found(each) or _fetched(each, folder))
    return 0


def provide(workload: str) -> None:
    """Before a push: store files that are not shipped and lie on this machine. The data step fetches all others."""
    folder, (tables, file) = Path("ml_init") / workload, chosen(workload)
    if file.sha256 == UNSTATED:
        raise NotThereError(
            f"Nobody has stated the SHA-256 of {file.name} yet. `make data WORKLOAD={workload}` says what to write "
            "where."
        )
    for each in all_files(file, tables):
        if not is_shipped(each, folder) and (content := found(each)) is not None:
            _store(workload, each, content)


def all_files(file: DataFile, tables: Mapping[str, Any]) -> list[NamedFile]:
    """The file of the rows, what training begins with, and what names the rows, by the tables of a data set."""
    titles = [read_table(Titles, tables["titles"], "titles")] if "titles" in tables else []
    return [file, *titles, *(read_table(Pretrained, entry, "pretrained") for entry in tables.get("pretrained", []))]


def chosen(workload: str) -> tuple[dict[str, Any], DataFile]:
    """The tables of the data set that gatehouse.toml chooses, and its file, whose checksum may be UNSTATED."""
    tables = tables_of(workload, chosen_name(workload), lambda path: Path(path).read_text())
    file = tables["file"]
    return tables, read_table(DataFile, {**file, "sha256": file.get("sha256") or UNSTATED}, "file")


def chosen_name(workload: str) -> str | None:
    """The data set that gatehouse.toml chooses; None: the workload's own."""
    return load_settings(Path("gatehouse.toml")).of(workload).dataset


def _say_checksum(workload: str, tables: Mapping[str, Any], file: DataFile) -> int:
    """Nothing is stored before a person has stated which file it is. This says what there is, and whether it fits."""
    content = next((path.read_bytes() for path in _named(file)), None) or _fetched(file, Path("ml_init") / workload)
    digest = hashlib.sha256(content).hexdigest()
    dataset = Dataset.of({**tables, "file": {**tables["file"], "sha256": digest}})
    good = check(file.name, content, dataset).good
    print(
        f"{file.name}: {len(content)} bytes, {good} good rows; nothing is stored yet. If this is the file that you "
        f'mean, write into {files_of(workload, dataset.chosen)[-1]}, and commit it:\n\n  sha256 = "{digest}"\n\n'
        f"Then `make data WORKLOAD={workload}` again."
    )
    return 1


def is_shipped(file: NamedFile, folder: Path) -> bool:
    """Whether a source stands in the workload's folder."""
    return any((folder / source).is_file() for source in file.sources if "://" not in source)


def found(file: NamedFile) -> bytes | None:
    """The file from a folder of GATEHOUSE_DATASETS, or None. A file with another content is not taken."""
    for path in _named(file):
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        if digest == file.sha256:
            print(f"{path}: {len(content)} bytes, SHA-256 as expected")
            return content
        print(f"{path}: its SHA-256 is {digest}, expected {file.sha256}")
    return None


def _named(file: NamedFile) -> Iterator[Path]:
    """The files of this name in the folders of GATEHOUSE_DATASETS."""
    for folder in map(Path, os.environ.get(FOLDERS, _DEFAULT).split(os.pathsep)):
        yield from sorted(folder.rglob(file.name)) if folder.is_dir() else []


def _fetched(file: NamedFile, folder: Path) -> bytes:
    """From its first source that serves. A checksum that is UNSTATED is not compared."""
    for source in file.sources:
        if source.startswith(kaggle.SCHEME):
            print(f"{source}: asking Kaggle with your token", flush=True)
            content = kaggle.fetch(source, file.max_bytes)
            digest = hashlib.sha256(content).hexdigest()
            if file.sha256 not in (UNSTATED, digest):
                raise NotThereError(f"{source}: its SHA-256 is {digest}, expected {file.sha256}.")
            return content
    if file.sha256 == UNSTATED:
        raise NotThereError(
            f"There is no {file.name} in the folders of {FOLDERS}. Nobody has stated its SHA-256, so it is not fetched "
            f"unseen: download it yourself from {' or '.join(file.sources)}, and run this again."
        )
    with tempfile.TemporaryDirectory() as into:
        return fetch(file, folder=folder, into=Path(into)).read_bytes()


def _store(workload: str, file: NamedFile, content: bytes) -> None:
    bucket = pipeline_outputs(workload)[Output.DATA_BUCKET]
    address = raw_file(bucket, file.sha256, file.name)
    new = put_once(cloud.client("s3"), address, content)
    print(f"{address}: {'stored' if new else 'it is there already'}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    run(lambda: main(parser.parse_args().workload))
