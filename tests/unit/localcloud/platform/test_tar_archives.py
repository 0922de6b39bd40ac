"""What others packed is unpacked into its folder and nowhere else, on Pythons with tarfile's filter and without."""

import io
import os
import re
import tarfile
from pathlib import Path

import pytest

from localcloud.platform import tar_archives
from localcloud.platform.tar_archives import UnsafeArchiveError, unpack

Member = tuple[str, bytes, str]


@pytest.fixture(params=["our rules alone", "with the filter of this Python"], autouse=True)
def rules(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways must hold by themselves: 3.11.0 to 3.11.3 have no filter, and 3.14 has one by default."""
    if request.param == "our rules alone":
        trusting = {"filter": "fully_trusted"} if hasattr(tarfile, "data_filter") else {}
        monkeypatch.setattr(tar_archives, "_FILTER", trusting)


def archive(*members: Member) -> tarfile.TarFile:
    """An archive of (name, type, link target or content)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as packed:
        for name, kind, text in members:
            member = tarfile.TarInfo(name)
            member.type, member.mode = kind, 0o6777
            member.uid = member.gid = 12345
            member.uname = member.gname = "nobody"
            if kind == tarfile.REGTYPE:
                member.size = len(text)
            else:
                member.linkname = text
            packed.addfile(member, io.BytesIO(text.encode()) if kind == tarfile.REGTYPE else None)
    return tarfile.open(fileobj=io.BytesIO(buffer.getvalue()))


FILE, FOLDER, LINK, HARD = tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE


def test_files_folders_and_links_inside(tmp_path: Path) -> None:
    """Content, links of both kinds and executability come as they were packed."""
    unpack(
        archive(
            ("./model", FOLDER, ""),
            ("./model/a", FILE, "one"),
            ("model/again", HARD, "./model/a"),
            ("model/deep/link", LINK, "../a"),
        ),
        tmp_path / "target",
    )
    assert [(tmp_path / "target" / "model" / name).read_text() for name in ("a", "again", "deep/link")] == ["one"] * 3
    assert os.access(tmp_path / "target" / "model" / "a", os.X_OK)


def test_nobody_gets_more_than_the_user(tmp_path: Path) -> None:
    """Files are this user's, without set-user-ID, and nobody else may write them."""
    unpack(archive(("a", FILE, "one")), tmp_path)
    found = (tmp_path / "a").stat()
    assert found.st_uid == os.getuid()
    assert found.st_mode & 0o7022 == 0


def test_an_absolute_name_lands_inside(tmp_path: Path) -> None:
    """An absolute name loses its slash, as tar unpacks it."""
    unpack(archive((f"{tmp_path}/outside", FILE, "one")), tmp_path / "target")
    assert not (tmp_path / "outside").exists()
    assert (tmp_path / "target" / str(tmp_path)[1:] / "outside").read_text() == "one"


def test_below_a_prefix(tmp_path: Path) -> None:
    """Only what stands below the prefix is unpacked, without the prefix, also in a hard link's target."""
    unpack(
        archive(("home/x", FILE, "not asked"), ("source/a", FILE, "one"), ("source/b", HARD, "source/a")),
        tmp_path,
        below="source/",
    )
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "one", "b": "one"}


@pytest.mark.parametrize(
    "members",
    [
        [("../out", FILE, "x")],
        [("a/../../out", FILE, "x")],
        [("link", LINK, "..")],
        [("link", LINK, "/etc")],
        [("a/link", LINK, "../../out")],
        [("here", LINK, "."), ("here/up", LINK, "..")],
        [("hard", HARD, "../out")],
        [("hard", HARD, "/etc/passwd")],
        [("hard", HARD, "not-in-it")],
        [("loop", LINK, "loop"), ("hard", HARD, "loop")],
        [("device", tarfile.CHRTYPE, "")],
        [("disk", tarfile.BLKTYPE, "")],
        [("pipe", tarfile.FIFOTYPE, "")],
    ],
)
def test_what_would_leave_its_folder_is_refused(tmp_path: Path, members: list[tuple[str, bytes, str]]) -> None:
    """An entry that leaves its folder by `..`, by a link or by a device is refused, and nothing is written."""
    (tmp_path / "out").write_text("mine")
    with pytest.raises(UnsafeArchiveError, match=members[-1][0].rpartition("/")[2]):
        unpack(archive(*members), tmp_path / "target")
    assert {path.name for path in tmp_path.iterdir()} == {"out", "target"}
    assert (tmp_path / "out").read_text() == "mine"
    assert {path.name for path in (tmp_path / "target").iterdir()} == {name for name, *_ in members[:-1]}


def test_nothing_is_written_through_a_link_that_was_there(tmp_path: Path) -> None:
    """An archive writes through no link that somebody put into the folder before."""
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "link").symlink_to(tmp_path)
    with pytest.raises(UnsafeArchiveError, match="link/out"):
        unpack(archive(("link/out", FILE, "x")), tmp_path / "target")
    assert not (tmp_path / "out").exists()


def test_nothing_else_unpacks_tar_archives() -> None:
    """No program and no step calls tarfile's own extraction: before 3.11.4 it has no filter, and asks no question."""
    project = Path(__file__).parents[4]
    folders = ("localcloud", "stacks", "scripts", "handover", "ml_init", "ml_training", "ml_test", "lambda")
    sources = {path: path.read_text() for folder in folders for path in (project / folder).rglob("*.py")}
    found = {
        path.name
        for path, text in sources.items()
        if "import tarfile" in text and re.search(r"\.extract(all)?\b", text)
    }
    assert found == {"tar_archives.py"}
