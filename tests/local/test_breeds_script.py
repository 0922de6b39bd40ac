"""The script of dog_breeds and the program of its endpoint, on the packages of their images, without a cloud.

The first run on a machine installs PyTorch, unless another test has: 5.5 GB, one to four minutes.
"""

from __future__ import annotations

import base64
import io
import json
import os
import re
import socket
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from localcloud.images.registry import image_of
from localcloud.platform.environments import Environments
from localcloud.platform.settings import Settings
from ml_init.dataset import Dataset
from ml_init.formats import FORMATS
from ml_init.table import split_rows
from ml_init.training_rows import IMAGES
from ml_training.training import FOLDER, Training
from scripts import train_here
from tests.clouds import PROJECT

pytestmark = [pytest.mark.local, pytest.mark.large]

CODE = PROJECT / "ml_training" / "dog_breeds" / "code"
DATA = PROJECT / "ml_init" / "dog_breeds"
DATASET = Dataset.read(DATA / "dataset.toml")
WEIGHTS = "characters-80d262e0.pt"
GIVEN = {**Training.read(FOLDER / "dog_breeds" / "training.toml").hyperparameters, "classes": 133}
QUICK = {**GIVEN, "epochs": 3, "views": 1}
#: Draws one photograph a class and hand, and makes random weights of a residual network as torchvision writes them.
DRAWS = """
import io, sys, tarfile, hashlib
import torch, torchvision
from PIL import Image, ImageDraw
train, validation, weights = sys.argv[1:]
for path, hands in ((train, range(6)), (validation, range(6, 8))):
    with tarfile.open(path, "w") as archive:
        for label, colour in enumerate(("red", "green", "blue")):
            for hand in hands:
                drawn = Image.new("RGB", (300 + 9 * hand, 260), colour)
                ImageDraw.Draw(drawn).ellipse((20 * hand, 20, 20 * hand + 80, 120), fill="white")
                buffer = io.BytesIO()
                drawn.save(buffer, "JPEG")
                content = buffer.getvalue()
                member = tarfile.TarInfo(f"{label:04d}/{hashlib.sha256(content).hexdigest()}")
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
torch.manual_seed(1)
torch.save(torchvision.models.resnet18(weights=None).state_dict(), weights)
"""
#: Loads the application of a model and answers requests: pairs of a content type and a body in base64.
ASKS = """
import base64, json, os, sys
from pathlib import Path
image, model, library = sys.argv[1:]
sys.path[:0] = [model, f"{image}/library", image, library]
from application import load
replica = load(Path(model), os.environ)
for kind, body in json.load(sys.stdin):
    status, answer, content_type = replica.answer(base64.b64decode(body), {"content-type": kind})
    print(json.dumps([status, json.loads(answer), content_type]))
"""


@pytest.fixture(scope="module")
def python() -> Path:
    return image_of("registry/pytorch:2.14").python(Environments(Settings.cache_folder()))


@pytest.fixture(scope="module")
def parts() -> dict[str, list[tuple[str, ...]]]:
    """The pictures of the stand-in, by split."""
    lines = FORMATS["images"].lines("omniglot.zip", (DATA / "omniglot.zip").read_bytes(), DATASET)
    return split_rows([tuple(line.values) for line in lines], DATASET)


@dataclass(frozen=True)
class Host:
    """What a host of a job printed, how it ended, and where it has left its model."""

    said: str
    code: int
    root: Path

    def found(self, pattern: str) -> list[str]:
        return re.findall(pattern, self.said)

    @property
    def failure(self) -> str:
        return (self.root / "output" / "failure").read_text()


def trained(
    python: Path, root: Path, channels: dict[str, tuple[str, bytes]], given: dict[str, Any], hosts: int = 1
) -> list[Host]:
    """The script on so many hosts, each with folders of its own, as SageMaker starts it."""
    names = [f"algo-{number}" for number in range(1, hosts + 1)]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    started = []
    for name in names:
        variables = train_here.folders(root / name, channels, given) | {
            "SM_HOSTS": json.dumps(names),
            "SM_CURRENT_HOST": name,
            "SM_MASTER_ADDR": "127.0.0.1",
            "SM_MASTER_PORT": str(port),
            "SM_NETWORK_INTERFACE_NAME": "lo",
        }
        arguments = [text for key, value in given.items() for text in (f"--{key}", str(value))]
        process = subprocess.Popen(
            [python, CODE / "train.py", *arguments],
            env=os.environ | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append((process, root / name))
    return [Host(said=process.communicate()[0], code=process.returncode, root=folder) for process, folder in started]


def channels(parts: dict[str, list[tuple[str, ...]]]) -> dict[str, tuple[str, bytes]]:
    rows = {name: (IMAGES.file_name, IMAGES.encode(parts[name], DATASET)) for name in ("train", "validation")}
    return rows | {"backbone": (WEIGHTS, (DATA / WEIGHTS).read_bytes())}


@pytest.fixture(scope="module")
def alone(python: Path, parts: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Host:
    (host,) = trained(python, tmp_path_factory.mktemp("alone"), channels(parts), QUICK)
    assert host.code == 0, host.said
    return host


def test_two_hosts_learn_the_model_of_one(python: Path, parts: dict[str, Any], alone: Host, tmp_path: Path) -> None:
    """They share the rows out, have equal parameters after each epoch, and one host's losses; one of them saves."""
    first, second = trained(python, tmp_path, channels(parts), QUICK, hosts=2)
    assert (first.code, second.code) == (0, 0), first.said + second.said
    assert (
        first.found(r"host 0: (\d+) of (\d+) rows") == second.found(r"host 1: (\d+) of (\d+) rows") == [("931", "1862")]
    )
    parameters = r"epoch \d+ parameters (\w+)"
    assert len(set(first.found(parameters))) == 3
    assert first.found(parameters) == second.found(parameters)
    losses = r"(?:train|validation)_loss: ([0-9.]+)"
    assert [float(loss) for loss in first.found(losses)] == pytest.approx(
        [float(loss) for loss in alone.found(losses)], rel=1e-4
    )
    assert not second.found("validation_loss")
    assert not list((second.root / "model").iterdir())
    assert {path.name for path in (first.root / "model").iterdir()} == {
        path.name for path in (alone.root / "model").iterdir()
    }


def test_an_epoch_of_fine_tuning_changes_the_backbone(python: Path, parts: dict[str, Any], tmp_path: Path) -> None:
    """Backbone and head learn on views of the pictures, on two hosts as on one."""
    few = {name: rows[:200] for name, rows in parts.items()}
    given = {**QUICK, "epochs": 1, "fine-tuning-epochs": 1}
    first, second = trained(python, tmp_path / "two", channels(few), given, hosts=2)
    (one,) = trained(python, tmp_path / "one", channels(few), given)
    losses = r"train_loss: ([0-9.]+)"
    assert (first.code, second.code, one.code) == (0, 0, 0), first.said + second.said + one.said
    assert first.found(r"parameters (\w+)") == second.found(r"parameters (\w+)")
    assert len(one.found(losses)) == 2
    assert [float(x) for x in first.found(losses)] == pytest.approx([float(x) for x in one.found(losses)], rel=1e-3)


def asked(python: Path, model: Path, requests: list[tuple[str, bytes]]) -> list[tuple[int, Any, str]]:
    """What the endpoint's program answers, in the image of Ray Serve."""
    image = image_of("registry/ray:serve-ml-sagemaker-cpu-v1.4").folder
    done = subprocess.run(
        [python, "-c", ASKS, image, model, image.parent / "container_library"],
        input=json.dumps([(kind, base64.b64encode(body).decode()) for kind, body in requests]),
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [tuple(json.loads(line)) for line in done.stdout.splitlines()]


def test_the_endpoint_answers_probabilities_in_the_order_of_the_labels(
    python: Path, parts: dict[str, Any], alone: Host
) -> None:
    """A picture as PNG and in JSON has the same answer, which adds up to 1; most test rows are told apart."""
    rows = parts["test"]
    pictures = [base64.b64decode(row[0]) for row in rows]
    answers = asked(python, alone.root / "model", [("image/png", each) for each in pictures])
    assert {(status, kind) for status, _, kind in answers} == {(200, "application/json")}
    assert all(len(found) == 133 and sum(found) == pytest.approx(1, abs=1e-9) for _, found, _ in answers)
    right = [
        DATASET.labels[found.index(max(found))] == row[1] for (_, found, _), row in zip(answers, rows, strict=True)
    ]
    assert sum(right) > 0.75 * len(rows)
    written = json.dumps({"image": rows[0][0]}).encode()
    assert asked(python, alone.root / "model", [("application/json; charset=utf-8", written)])[0] == answers[0]


def test_what_is_no_picture_is_refused_in_words(python: Path, parts: dict[str, Any], alone: Host) -> None:
    """The request is at fault, never the endpoint, and the next request is answered."""
    picture = base64.b64decode(parts["test"][0][0])
    requests = [
        ("image/png", b"no picture"),
        ("image/png", picture[:60]),
        ("image/png", bomb(10_000, 10_000)),
        ("text/csv", picture),
        ("application/json", b"{}"),
        ("application/json", b'{"image": "%"}'),
        ("image/png", bytes(7 * 1024 * 1024)),
        ("image/png", picture),
    ]
    answers = asked(python, alone.root / "model", requests)
    assert [status for status, _, _ in answers] == [400, 400, 400, 415, 400, 400, 413, 200]
    assert "10000 by 10000 pixels" in answers[2][1]["error"]
    assert answers[3][1] == {"error": "Content-Type is text/csv, expected image/png, image/jpeg or application/json."}


def bomb(width: int, height: int) -> bytes:
    """The head of a picture that claims to be so large."""
    import struct
    import zlib

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))
    data = struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    return b"\x89PNG\r\n\x1a\n" + chunk + data


def test_a_residual_network_learns_photographs(python: Path, tmp_path: Path) -> None:
    """Weights as torchvision writes them are another kind of backbone: the file's name says so, and JPEG is read."""
    files = {name: tmp_path / name for name in ("train.tar", "validation.tar", "resnet18-5c106cde.pth")}
    subprocess.run([python, "-c", DRAWS, *files.values()], check=True)
    rows = {name: (IMAGES.file_name, files[f"{name}.tar"].read_bytes()) for name in ("train", "validation")}
    weights = ("resnet18-5c106cde.pth", files["resnet18-5c106cde.pth"].read_bytes())
    given = {**GIVEN, "classes": 3, "epochs": 10, "views": 1, "batch-size": 6, "learning-rate": 0.01}
    (host,) = trained(python, tmp_path / "host", {**rows, "backbone": weights}, given)
    assert host.code == 0, host.said
    assert host.found(r"at the end.* validation_top_1: ([0-9.]+)") == ["1.00000"]
    with tarfile.open(fileobj=io.BytesIO(rows["validation"][1])) as archive:
        photographs = [(int(member.name[:4]), archive.extractfile(member).read()) for member in archive]
    answers = asked(python, host.root / "model", [("image/jpeg", content) for _, content in photographs])
    assert [found.index(max(found)) for _, found, _ in answers] == [label for label, _ in photographs]


@pytest.mark.parametrize(
    ("weights", "why"),
    [
        (("omniglot.pt", b""), "omniglot.pt: its name begins with no kind of backbone; known are characters, resnet18"),
        (("characters-0.pt", b"no weights"), "Error"),
        (("resnet18-0.pth", (DATA / WEIGHTS).read_bytes()), "Missing key"),
    ],
    ids=["no kind", "no weights", "another kind's"],
)
def test_weights_that_do_not_fit_fail_the_job_with_the_reason(
    python: Path, parts: dict[str, Any], tmp_path: Path, weights: tuple[str, bytes], why: str
) -> None:
    """The failure file has the error: it becomes the job's failure reason."""
    few = {name: rows[:5] for name, rows in parts.items()}
    (host,) = trained(python, tmp_path, channels(few) | {"backbone": weights}, QUICK)
    assert host.code == 1
    assert why in host.failure
