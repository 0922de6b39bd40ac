"""Images as data: an archive of them, the tar that training reads, and the request of an endpoint."""

from __future__ import annotations

import base64
import io
import tarfile
import zipfile

import pytest

from handover.invocations import invocation
from ml_init.contract import check
from ml_init.dataset import Dataset
from ml_init.training_rows import IMAGES
from ml_steps.running import StepError

PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"
CONTRACT = """
name = "letters"
[file]
name = "letters.zip"
format = "images"
sources = ["letters.zip"]
sha256 = "00"
max_bytes = 2000
label_folders = 2
[rows]
bad_share_allowed = 0.5
train_share = 0.5
validation_share = 0.25
[[features]]
name = "image"
images = ["png"]
largest_bytes = 100
[label]
name = "letter"
categories = ["Greek/alpha", "Greek/beta"]
"""
LETTERS = Dataset.parse(CONTRACT)


def archive(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name.replace("__", "/"), content)
    return buffer.getvalue()


def test_an_images_folders_are_its_label() -> None:
    """Files that are no images are ignored, and the rows come in the order of the names."""
    content = archive(**{
        "all__Greek__beta__1.png": PNG + b"b", "all__Greek__alpha__2.PNG": PNG + b"a", "all__Greek__notes.txt": b"",
    })  # fmt: skip
    checked = check("letters.zip", content, LETTERS)
    assert checked.rows == (
        (base64.b64encode(PNG + b"a").decode(), "Greek/alpha"),
        (base64.b64encode(PNG + b"b").decode(), "Greek/beta"),
    )


@pytest.mark.parametrize(
    ("name", "image", "fault"),
    [
        ("all__Greek__gamma__1.png", PNG, "letter is 'Greek/gamma', expected one of Greek/alpha, Greek/beta"),
        (
            "all__Greek__alpha__1.png",
            JPEG,
            "image begins with b'\\xff\\xd8\\xff\\xe0', expected an image of the format png",
        ),
        ("all__Greek__alpha__1.png", b"", "image begins with b''"),
        ("all__Greek__alpha__1.png", PNG + bytes(93), "image has 101 bytes, expected at most 100"),
        ("1.png", PNG, "1.png is in no folder that is its label"),
    ],
)
def test_what_is_no_such_image_is_a_bad_row(name: str, image: bytes, fault: str) -> None:
    """The fault is named, and the good image beside it stays."""
    checked = check("letters.zip", archive(**{name: image, "all__Greek__alpha__2.png": PNG + b"a"}), LETTERS)
    assert len(checked.rows) == 1
    assert fault in checked.bad[0]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"no archive", "letters.zip is no archive that can be read: BadZipFile"),
        (archive(**{"a__b__c.png": PNG})[:-40], "letters.zip is no archive that can be read: BadZipFile"),
        (archive(**{"a__b__c.txt": b""}), "letters.zip is empty"),
        (archive(**{"a__b__c.png": bytes(4001)}), "letters.zip has 4001 bytes of images, expected at most 4000"),
    ],
)
def test_what_is_no_such_archive_is_refused(content: bytes, fault: str) -> None:
    """A broken archive, an empty one and one that unpacks to more than its limit are each named."""
    with pytest.raises(StepError, match=fault):
        check("letters.zip", content, LETTERS)


@pytest.mark.parametrize("value", ["", "é", "iVBO", "iVBORw0KGgo=\n", "iVBO Rw0KGgo="])
def test_what_is_no_base64_of_an_image_is_refused(value: str) -> None:
    """An image has one text only, so that equal images are equal rows."""
    assert LETTERS.features[0].fault(value)
    assert LETTERS.features[0].fault(base64.b64encode(PNG).decode()) is None


def test_training_reads_the_same_images_back() -> None:
    """The tar has each image under its label's index, and equal rows give equal bytes."""
    rows = check("letters.zip", archive(**{"Greek__beta__1.png": PNG + b"b", "Greek__alpha__2.png": PNG}), LETTERS).rows
    content = IMAGES.encode(rows, LETTERS)
    assert content == IMAGES.encode(rows, LETTERS)
    with tarfile.open(fileobj=io.BytesIO(content)) as packed:
        assert [name.split("/")[0] for name in packed.getnames()] == ["0000", "0001"]
    assert IMAGES.count(content) == 2
    assert IMAGES.decode(content, LETTERS) == [row[:1] for row in rows]


def test_what_is_no_tar_of_images_is_refused() -> None:
    """Everything in it has been learned: a link, a text and a broken tar are each refused."""
    linked = io.BytesIO()
    with tarfile.open(fileobj=linked, mode="w") as packed:
        member = tarfile.TarInfo("0000/link")
        member.type, member.linkname = tarfile.SYMTYPE, "elsewhere"
        packed.addfile(member)
    with pytest.raises(ValueError, match="0000/link, which is no file"):
        IMAGES.decode(linked.getvalue(), LETTERS)
    with pytest.raises(ValueError, match="no tar of images"):
        IMAGES.decode(b"no tar", LETTERS)


def test_a_request_is_the_image_itself() -> None:
    """The content type travels with the kind's name."""
    asked = invocation("image:image/png")
    assert (asked.content_type, asked.body(base64.b64encode(PNG).decode())) == ("image/png", PNG)
