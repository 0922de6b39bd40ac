"""Artifacts packed and sources unpacked."""

import stat
import zipfile
from pathlib import Path

import pytest

from localcloud.services.codebuild.artifacts import Collected, collect, object_key, pack
from localcloud.services.codebuild.buildspec import ArtifactSpec
from localcloud.services.codebuild.failure import PhaseFailedError
from localcloud.services.codebuild.sources import unpack


def test_what_is_packed_is_unpacked_as_it_was(tmp_path: Path) -> None:
    """Names, contents and permissions survive the way from one build to the next."""
    script = tmp_path / "run.sh"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o750)
    pack(Collected(files={"bin/run.sh": script, "copy": script}), tmp_path / "a.zip")
    unpack(tmp_path / "a.zip", tmp_path / "out")
    assert (tmp_path / "out" / "bin" / "run.sh").read_text() == "#!/bin/sh\n"
    assert stat.S_IMODE((tmp_path / "out" / "copy").stat().st_mode) == 0o750


def archive_with_link(path: Path, to: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        entry = zipfile.ZipInfo("folder/link")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, to)
        archive.writestr("file", "x")
    return path


def test_links_inside_of_an_archive_stay_links(tmp_path: Path) -> None:
    """A link that stays inside is unpacked as a link, as git archives have them."""
    unpack(archive_with_link(tmp_path / "a.zip", "../file"), tmp_path / "out")
    assert (tmp_path / "out" / "folder" / "link").is_symlink()
    assert (tmp_path / "out" / "folder" / "link").read_text() == "x"


@pytest.mark.parametrize("to", ["../../secret", "/etc/passwd"])
def test_links_out_of_an_archive_are_refused(tmp_path: Path, to: str) -> None:
    """A link is refused that points at the machine which builds."""
    with pytest.raises(ValueError, match="leads out of the archive"):
        unpack(archive_with_link(tmp_path / "a.zip", to), tmp_path / "out")


def test_names_that_lead_out_of_an_archive_stay_inside(tmp_path: Path) -> None:
    """A name with two dots writes nothing beside the target."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("../escaped", "x")
    unpack(tmp_path / "a.zip", tmp_path / "out")
    assert not (tmp_path / "escaped").exists()


def test_an_artifact_without_files_is_an_error(tmp_path: Path) -> None:
    """The message names what was looked for, and where."""
    for spec, message in (
        (ArtifactSpec(files=("*.json",)), r"no matching artifact paths found: \*\.json"),
        (ArtifactSpec(files=("*",), base_directory="out"), "no matching base directory path found for out"),
        (ArtifactSpec(files=("*",), base_directory="$NOTHING"), "no matching base directory path found"),
    ):
        with pytest.raises(PhaseFailedError, match=message):
            collect(spec, tmp_path, lambda text: text.replace("$NOTHING", ""), lambda _: None)


def test_paths_can_be_discarded(tmp_path: Path) -> None:
    """With discard-paths, names alone remain."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c").touch()
    spec = ArtifactSpec(files=("**/*",), base_directory="a", discard_paths=True)
    assert list(collect(spec, tmp_path, str, lambda _: None).files) == ["c"]


def test_a_base_directory_may_be_a_pattern(tmp_path: Path) -> None:
    """The files of all folders that match are collected, and of no others."""
    for place in ("my-build1/a", "my-build2/sub/b", "other/c"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).touch()
    flat = ArtifactSpec(files=("**/*",), base_directory="my-build*", discard_paths=True)
    assert sorted(collect(flat, tmp_path, str, lambda _: None).files) == ["a", "b"]
    deep = ArtifactSpec(files=("**/*",), base_directory="my-build*")
    assert sorted(collect(deep, tmp_path, str, lambda _: None).files) == ["a", "sub/b"]
    none = ArtifactSpec(files=("*",), base_directory="your-build*")
    with pytest.raises(PhaseFailedError, match=r"no matching base directory path found for your-build\*"):
        collect(none, tmp_path, str, lambda _: None)


@pytest.mark.parametrize(
    ("target", "name", "key"),
    [
        ({"path": "p/q", "namespaceType": "NONE"}, "x", "p/q/x"),
        ({"path": "p/", "namespaceType": "BUILD_ID"}, "x.zip", "p/uuid/x.zip"),
        ({}, "/", ""),
    ],
)
def test_where_an_artifact_lies(target: dict[str, str], name: str, key: str) -> None:
    """An artifact's key is made of path, build id and name, each where it is asked for."""
    assert object_key(target, name, "uuid") == key


@pytest.mark.parametrize("name", ["../evil", "/evil-link", "a/../../evil"])
def test_a_link_lands_in_its_folder(tmp_path: Path, name: str) -> None:
    """A link whose own name leads out of the archive is refused, wherever it points to."""
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(entry, "target/harmless")
    with pytest.raises(ValueError, match="outside of the archive"):
        unpack(archive, tmp_path / "target")
    assert not (tmp_path / "evil").is_symlink()
