"""Layers: their versions, which functions may have which, and what their deletion leaves."""

from __future__ import annotations

import io
import json
import os
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from localcloud.platform.cloud import Cloud
from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.platform.store import Document
from localcloud.services.lambda_ import layers
from localcloud.services.lambda_.code import unpack
from localcloud.services.lambda_.layers import Layers
from localcloud.services.lambda_.service import Lambda
from tests.unit.localcloud.services.calls import call

CALL = call("lambda")
ARN = "arn:aws:lambda:us-east-1:123456789012:layer"


def zipped(files: dict[str, str]) -> bytes:
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w") as written:
        for name, text in files.items():
            member = zipfile.ZipInfo(name)
            kind = stat.S_IFLNK if name.startswith("links/") else stat.S_IFREG
            member.external_attr = (kind | (0o755 if name.startswith("bin/") else 0o644)) << 16
            written.writestr(member, text)
    return found.getvalue()


@pytest.fixture
def functions(cloud: Cloud) -> Lambda:
    return Lambda(cloud)


def publish(functions: Lambda, name: str = "fonts", **more: Any) -> dict[str, Any]:
    content = {"ZipFile": zipped({"python/fonts.py": f"NAME = {name!r}\n"})}
    return functions.publish_layer_version(CALL, {"LayerName": name, "Content": content, **more})


def layered(functions: Lambda, *arns: str, had: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    return functions.layers.of_function(list(arns), [{"Arn": arn} for arn in had], 0)


def test_a_version_is_described_as_it_was_published(functions: Lambda) -> None:
    """By name and number and by ARN, and its archive lies where the answer says."""
    said = {"Description": "letters", "CompatibleRuntimes": ["python3.12"], "CompatibleArchitectures": ["arm64"]}
    made = publish(functions, **said, LicenseInfo="MIT")
    assert made["LayerVersionArn"] == f"{ARN}:fonts:1"
    assert made == made | said | {"LicenseInfo": "MIT", "Version": 1, "LayerArn": f"{ARN}:fonts"}
    assert made == functions.get_layer_version(CALL, {"LayerName": f"{ARN}:fonts", "VersionNumber": 1})
    assert made == functions.get_layer_version_by_arn(CALL, {"Arn": f"{ARN}:fonts:1"})
    kept = Path(made["Content"]["Location"].removeprefix("file://")).read_bytes()
    assert (len(kept), kept) == (made["Content"]["CodeSize"], zipped({"python/fonts.py": "NAME = 'fonts'\n"}))


def test_lists_show_what_fits(functions: Lambda) -> None:
    """The latest version first; by runtime, only those that say so."""
    publish(functions, CompatibleRuntimes=["python3.11"])
    publish(functions)
    publish(functions, "maps")
    versions = functions.list_layer_versions(CALL, {"LayerName": "fonts"})["LayerVersions"]
    assert [each["Version"] for each in versions] == [2, 1]
    listed = functions.list_layers(CALL, {})["Layers"]
    assert [(each["LayerName"], each["LatestMatchingVersion"]["Version"]) for each in listed] == [
        ("fonts", 2),
        ("maps", 1),
    ]
    (only,) = functions.list_layers(CALL, {"CompatibleRuntime": "python3.11"})["Layers"]
    assert (only["LayerArn"], only["LatestMatchingVersion"]["Version"]) == (f"{ARN}:fonts", 1)


def test_a_number_never_comes_again(functions: Lambda) -> None:
    """A deleted version is gone with its archive; to delete it twice is no error."""
    location = publish(functions)["Content"]["Location"]
    named = {"LayerName": "fonts", "VersionNumber": 1}
    functions.delete_layer_version(CALL, named)
    functions.delete_layer_version(CALL, named)
    assert not Path(location.removeprefix("file://")).exists()
    with pytest.raises(AwsError, match=r"^The resource you requested does not exist\.$"):
        functions.get_layer_version(CALL, named)
    assert publish(functions)["Version"] == 2
    assert functions.list_layers(CALL, {})["Layers"][0]["LatestMatchingVersion"]["Version"] == 2


def test_functions_keep_a_deleted_layer(functions: Lambda) -> None:
    """As long as one uses it: it finds the archive and may change, but no other function gets the layer."""
    arn = publish(functions)["LayerVersionArn"]
    configuration = {"Layers": layered(functions, arn), "CodeSha256": "", "FunctionName": "f"}
    functions.functions.table.put("f", {"configuration": configuration})
    functions.delete_layer_version(CALL, {"LayerName": "fonts", "VersionNumber": 1})
    (digest,) = functions.layers.hashes(configuration)
    assert functions.layers.archives.path(digest).exists()
    assert layered(functions, arn, had=(arn,)) == configuration["Layers"]
    with pytest.raises(AwsError, match=r"fonts:1 does not exist\.$"):
        layered(functions, arn)
    functions.functions.table.delete("f")
    functions.layers.forget_unused(functions.configurations())
    assert not functions.layers.archives.path(digest).exists()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ([f"{ARN}:none:1"], rf"^Layer version {ARN}:none:1 does not exist\.$"),
        ([f"{ARN}:fonts:{number}" for number in range(6)], r"^Cannot reference more than 5 layers\.$"),
        ([f"{ARN}:fonts:1", f"{ARN}:fonts:2"], r"fonts:1 and \S+:fonts:2 are versions of the same layer\.$"),
        (["arn:aws:lambda:eu-west-1:123456789012:layer:fonts:1"], r"expected to be in region us-east-1\.$"),
    ],
)
def test_layers_that_a_function_cannot_have(functions: Lambda, asked: list[str], words: str) -> None:
    """In AWS's words."""
    publish(functions)
    publish(functions)
    with pytest.raises(AwsError, match=words) as refused:
        layered(functions, *asked)
    assert refused.value.code == "InvalidParameterValueException"


def test_a_version_says_who_else_may_use_it(functions: Lambda) -> None:
    """Each statement once, with AWS's words for those that are there or not; an organization is refused by name."""
    publish(functions)
    version = {"LayerName": "fonts", "VersionNumber": 1}
    shared = version | {"StatementId": "all", "Action": "lambda:GetLayerVersion", "Principal": "*"}
    with pytest.raises(AwsError, match=r"^No policy is associated with the given resource\.$"):
        functions.get_layer_version_policy(CALL, version)
    added = functions.add_layer_version_permission(CALL, shared)
    found = functions.get_layer_version_policy(CALL, version)
    assert json.loads(found["Policy"])["Statement"] == [json.loads(added["Statement"])]
    assert json.loads(added["Statement"])["Resource"] == f"{ARN}:fonts:1"
    with pytest.raises(AwsError, match=r"^The statement id \(all\) provided already exists"):
        functions.add_layer_version_permission(CALL, shared)
    with pytest.raises(AwsError, match="Revision Id"):
        functions.remove_layer_version_permission(CALL, version | {"StatementId": "all", "RevisionId": "old"})
    functions.remove_layer_version_permission(CALL, version | {"StatementId": "all", "RevisionId": added["RevisionId"]})
    with pytest.raises(AwsError, match="No policy"):
        functions.get_layer_version_policy(CALL, version)
    with pytest.raises(AwsError, match=rf"^Layer version {ARN}:fonts:2 does not exist\.$"):
        functions.add_layer_version_permission(CALL, shared | {"VersionNumber": 2})
    with pytest.raises(UnsupportedError, match="OrganizationId"):
        functions.add_layer_version_permission(CALL, shared | {"OrganizationId": "o-1"})


def test_code_and_layers_have_one_limit(functions: Lambda, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unpacked, they may not be larger than a function without layers."""
    arn = publish(functions)["LayerVersionArn"]
    monkeypatch.setattr(layers, "LARGEST_UNPACKED_BYTES", 20)
    assert functions.layers.of_function([arn], [], 5)[0]["Arn"] == arn
    with pytest.raises(
        AwsError, match=r"exceeds the maximum allowed size of 20 bytes\. The actual size is 21 bytes\.$"
    ):
        functions.layers.of_function([arn], [], 6)


@pytest.mark.parametrize(
    ("refused", "words"),
    [
        (lambda functions: layered(functions, "arn:aws:lambda:us-east-1:999999999999:layer:x:1"), "999999999999"),
        (
            lambda functions: functions.publish_layer_version(
                CALL, {"LayerName": "x", "Content": {"ZipFile": zipped({"extensions/agent": "#!"})}}
            ),
            "extensions/agent",
        ),
        (lambda functions: publish(functions, "arn:aws:lambda:us-east-1:999999999999:layer:x"), "999999999999"),
        (
            lambda functions: functions.publish_layer_version(
                CALL, {"LayerName": "x", "Content": {"ZipFile": zipped({"links/passwd": "/etc/passwd"})}}
            ),
            "links/passwd",
        ),
        (
            lambda functions: functions.get_layer_version_by_arn(
                CALL, {"Arn": "arn:aws:lambda:eu-west-1:123456789012:layer:fonts:1"}
            ),
            "eu-west-1",
        ),
    ],
)
def test_what_the_local_cloud_lacks_is_named(functions: Lambda, refused: Callable[[Lambda], Any], words: str) -> None:
    """Layers of other accounts and regions, symbolic links, and programs that would run beside the function."""
    publish(functions)
    with pytest.raises(UnsupportedError, match=words):
        refused(functions)


def damaged(at: int, change: bytes, *, mark: bytes = b"PK\x01\x02") -> bytes:
    """An archive with other bytes at a place of its list of files, or of what ``mark`` begins."""
    content = bytearray(zipped({"python/fonts.py": "NAME = 'fonts'"}))
    start = content.rfind(mark) + at
    content[start : start + len(change)] = change
    return bytes(content)


@pytest.mark.parametrize(
    "content",
    [
        damaged(len(b"NAME"), b"!", mark=b"NAME"),
        damaged(24, b"\x01\x00\x00\x00"),
        damaged(8, b"\x01\x00"),
        damaged(10, b"\x63\x00"),
    ],
    ids=["a file's bytes", "a size that is too small", "a password", "an unknown method"],
)
def test_an_archive_that_cannot_be_unpacked_is_refused(functions: Lambda, content: bytes) -> None:
    """When it comes, in AWS's words: a function that had it would be pending for ever."""
    with pytest.raises(AwsError, match=r"^Could not unzip uploaded file\.") as refused:
        functions.publish_layer_version(CALL, {"LayerName": "fonts", "Content": {"ZipFile": content}})
    assert refused.value.code == "InvalidParameterValueException"
    assert functions.list_layers(CALL, {})["Layers"] == []


def test_layers_lie_over_one_another(cloud: Cloud, tmp_path: Path) -> None:
    """Where two archives have a file, the later one's is read, as on AWS under /opt."""
    kept = Layers(cloud)
    for name, text in (("below", "1"), ("above", "2")):
        kept.publish(name, zipped({"python/both.py": text, f"python/{name}.py": text, f"bin/{name}": "#!/bin/sh"}), {})
    arns = [f"{ARN}:below:1", f"{ARN}:above:1"]
    paths = [kept.archives.path(each) for each in kept.hashes({"Layers": [{"Arn": arn} for arn in arns]})]
    unpack(tmp_path / "opt", *paths)
    found = {path.name: path.read_text() for path in (tmp_path / "opt" / "python").iterdir()}
    assert found == {"both.py": "2", "below.py": "1", "above.py": "2"}
    assert all(os.access(path, os.X_OK) for path in (tmp_path / "opt" / "bin").iterdir())
    assert not os.access(tmp_path / "opt" / "python" / "both.py", os.X_OK)


def test_a_function_that_cannot_be_made_ready_has_failed(functions: Lambda, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the reason, such as a layer that went in the same moment: it is not pending for ever."""

    def gone(_: Document) -> None:
        raise AwsError("ResourceNotFoundException", "the layer is gone", status=404)

    monkeypatch.setattr(functions.engine, "prepare", gone)
    functions.functions.table.put("f", {"configuration": {"FunctionName": "f", "State": "Pending"}})
    functions._ready("f", None)
    found = functions.functions.get("f")["configuration"]
    assert (found["State"], found["StateReason"]) == ("Failed", "the layer is gone")
