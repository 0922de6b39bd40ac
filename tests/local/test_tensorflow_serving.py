"""The image tensorflow-inference: models that the training image has saved, behind endpoints."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from bench.lab.sagemaker_world import World, archive
from localcloud.images.registry import image_of
from localcloud.platform.environments import Environments
from localcloud.platform.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.local

REGISTRY = "763104351884.dkr.ecr.us-east-1.amazonaws.com"
IMAGE = f"{REGISTRY}/tensorflow-inference:2.20.0-cpu-py312"
JSON, LINES, CSV = "application/json", "application/jsonlines", "text/csv"
HANDLERS = """
import json

def input_handler(data, context):
    rows = [[float(field) for field in line.split(";")] for line in data.read().decode().split()]
    return json.dumps({"signature_name": "alone", "instances": rows})

def output_handler(response, context):
    if response.status_code != 200:
        raise ValueError(response.content.decode())
    return ";".join(map(str, response.json()["predictions"])), "text/x-sums"
"""


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of two versions of a model, 3 and 20."""
    folder = tmp_path_factory.mktemp("saved")
    python = image_of(f"{REGISTRY}/tensorflow-training:2.21.0").python(Environments(Settings.cache_folder()))
    subprocess.run([python, Path(__file__).with_name("saved_models.py"), folder], check=True, capture_output=True)
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def served(sagemaker_world: World, saved: dict[str, bytes]) -> Iterator[World]:
    """Endpoints ``sums``, and ``handled`` with a user's own handlers."""
    for name, files in (("sums", saved), ("handled", saved | {"code/inference.py": HANDLERS.encode()})):
        found = endpoint(sagemaker_world, name, files)
        assert found["EndpointStatus"] == "InService", found["FailureReason"]
    yield sagemaker_world
    for name in ("sums", "handled"):
        sagemaker_world.delete_endpoint(name)


def endpoint(world: World, name: str, files: dict[str, bytes], **environment: str) -> dict[str, Any]:
    model = world.put(f"tensorflow/{name}/model.tar.gz", archive(files))
    world.model(name, [{"Image": IMAGE, "ModelDataUrl": model, "Environment": environment}])
    return world.endpoint(name, world.config(name, name))


@pytest.mark.parametrize(
    ("body", "more", "answer"),
    [
        ('{"instances": [[1, 2]]}', {}, {"predictions": [{"label": "large", "total": 3.0}]}),
        ('{"inputs": [[0.25, 0.5]]}', {}, {"outputs": {"label": ["small"], "total": [0.75]}}),
        ('{"signature_name": "alone", "instances": [[1, 2], [3, 4]]}', {}, {"predictions": [3.0, 7.0]}),
        ('{"signature_name": "two", "instances": [{"left": 1, "right": 2}]}', {}, {"predictions": [3.0]}),
        ('{"signature_name": "two", "inputs": {"left": [1], "right": [2]}}', {}, {"outputs": [3.0]}),
        ("[[1, 2]]", {}, {"predictions": [{"label": "large", "total": 3.0}]}),
        (
            "[1, 2]\n[0, 0]",
            {"ContentType": LINES},
            {"predictions": [{"label": "large", "total": 3.0}, {"label": "small", "total": 0.0}]},
        ),
        ("1,2\n", {"ContentType": CSV}, {"predictions": [{"label": "large", "total": 3.0}]}),
        (
            "1,2",
            {"ContentType": CSV, "CustomAttributes": "tfs-model-version=3"},
            {"predictions": [{"label": "large", "total": 30.0}]},
        ),
    ],
)
def test_requests_are_answered_as_by_tensorflow_serving(served: World, body: str, more: dict, answer: dict) -> None:
    """Rows, columns, signatures, JSON lines, CSV and versions; of several versions the highest is served."""
    assert json.loads(served.invoke("sums", body, **{"ContentType": JSON, **more})) == answer


def test_answers_are_written_as_by_tensorflow_serving(served: World) -> None:
    """Byte for byte: a float has the digits that give it back, and an Accept of JSON takes the line breaks away."""
    pretty = '{\n    "predictions": [0.1, 4e+07\n    ]\n}'
    body = '{"signature_name": "alone", "instances": [[0.1, 0], [4e7, 0]]}'
    assert served.invoke("sums", body, ContentType=JSON) == pretty
    assert served.invoke("sums", body, ContentType=JSON, Accept=JSON) == pretty.replace("\n", "")


@pytest.mark.parametrize(
    ("body", "more", "status", "message"),
    [
        (
            '{"signature_name": "x", "instances": [[1, 2]]}',
            {},
            400,
            'Serving signature name: "x" not found in signature def',
        ),
        ('{"examples": [[1, 2]]}', {}, 400, "Missing 'inputs' or 'instances' key"),
        (
            '{"instances": [[1, 2]], "inputs": 1}',
            {},
            400,
            "expecting only one of 'inputs' or 'instances' keys to exist",
        ),
        ('{"instances": 1}', {}, 400, "Excepting 'instances' to be an list/array"),
        ('{"instances": []}', {}, 400, "No values in 'instances' array"),
        (
            '{"instances": [["a", 2]]}',
            {},
            400,
            "element: 0 of 'instances' list. Error: INVALID_ARGUMENT: JSON Value: \"a\" Type: String is not of",
        ),
        ('{"instances": [[1, 2], [1]]}', {}, 400, "Expecting tensor size: 2 but got: 1"),
        ('{"instances": [[1, 2], [1, [2]]]}', {}, 400, "Encountered list at unexpected level: 1 expected < 1"),
        (
            '{"signature_name": "two", "instances": [[1, 2]]}',
            {},
            400,
            "instances is a plain list, but expecting list of objects",
        ),
        ('{"signature_name": "two", "instances": [{"left": 1}]}', {}, 400, "keys must be equal to: left,right"),
        (
            '{"signature_name": "two", "inputs": {"left": [1]}}',
            {},
            400,
            "Missing named input: right in 'inputs' object.",
        ),
        ('{"instances": [[1, 2, 3]]}', {}, 400, "shape (1, 3)"),
        ('{"instances": ', {}, 400, "JSON Parse error: Invalid value. at offset: "),
        ("1,2", {"ContentType": "text/plain"}, 415, "Unsupported Media Type: text/plain"),
        (
            "1,2",
            {"ContentType": CSV, "CustomAttributes": "tfs-model-version=4"},
            404,
            "Servable not found for request: Specific(",
        ),
        (
            "1,2",
            {"ContentType": CSV, "CustomAttributes": "tfs-model-name=x"},
            404,
            "Servable not found for request: Latest(x)",
        ),
        (
            "1,2",
            {"ContentType": CSV, "CustomAttributes": "tfs-method=classify"},
            501,
            "The method classify is not supported",
        ),
    ],
)
def test_bad_requests_get_tensorflow_servings_words(
    served: World, body: str, more: dict, status: int, message: str
) -> None:
    """Status and text are the container's, and the endpoint goes on."""
    with pytest.raises(ClientError) as error:
        served.invoke("sums", body, **{"ContentType": JSON, **more})
    assert error.value.response["OriginalStatusCode"] == status
    assert message in json.loads(error.value.response["OriginalMessage"])["error"]


def test_a_users_handlers_stand_around_the_model(served: World) -> None:
    """Whatever the content type, input_handler makes the request, and output_handler the answer with its type."""
    assert served.invoke("handled", "1;2 3;4", ContentType="text/x-rows") == "3.0;7.0"
    with pytest.raises(ClientError) as error:
        served.invoke("handled", "1;2;3", ContentType="text/x-rows")
    assert error.value.response["OriginalStatusCode"] == 500


@pytest.mark.parametrize(
    ("name", "files", "environment", "cause"),
    [
        ("no-version", {"saved_model.pb": b""}, {}, "no SavedModel bundles found!"),
        ("installs", {"code/requirements.txt": b""}, {}, "code/requirements.txt of a served model is not"),
        ("several", {}, {"SAGEMAKER_MULTI_MODEL": "true"}, "SAGEMAKER_MULTI_MODEL is not supported"),
        ("other-name", {}, {"SAGEMAKER_TFS_DEFAULT_MODEL_NAME": "x"}, "SAGEMAKER_TFS_DEFAULT_MODEL_NAME is x"),
        ("no-handler", {"code/inference.py": b"a = 1"}, {}, "Handlers are not implemented correctly in user script."),
    ],
)
def test_what_cannot_be_served_is_refused_by_name(
    sagemaker_world: World, saved: dict[str, bytes], name: str, files: dict, environment: dict, cause: str
) -> None:
    """The endpoint fails with the container's reason."""
    whole = files if name == "no-version" else saved | files
    found = endpoint(sagemaker_world, name, whole, **environment)
    assert found["EndpointStatus"] == "Failed"
    assert re.search(re.escape(cause), found["FailureReason"]), found["FailureReason"]
    sagemaker_world.delete_endpoint(name)
