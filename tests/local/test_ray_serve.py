"""The image of Ray Serve: applications of PyTorch behind endpoints, as AWS's image takes them.

The first run on a machine installs PyTorch, unless a test of training has: 5.5 GB, one to four minutes.
"""

from __future__ import annotations

import json
import os
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

pytestmark = [pytest.mark.local, pytest.mark.large]

IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/ray:serve-ml-sagemaker-cpu-v1.4"
CONFIG = """
applications:
  - name: brightness
    route_prefix: /
    import_path: deployment:app
    deployments:
      - name: Brightness
        num_replicas: 1
        ray_actor_options: {num_cpus: 1}
        user_config: {threshold: 0.4}
"""
DEPLOYMENT = """
import io
import json
import os

import torch
from PIL import Image
from ray import serve
from torchvision.transforms.functional import to_tensor


@serve.deployment(num_replicas=2, max_ongoing_requests=5)
class Brightness:
    def __init__(self, scale):
        with open(os.path.join("/opt/ml/model", "weights.json")) as file:
            self.weights = torch.tensor(json.load(file)) * scale

    def reconfigure(self, config):
        self.threshold = config["threshold"]

    async def __call__(self, request):
        kind = request.headers["content-type"]
        if kind == "application/json":
            pixels = torch.tensor((await request.json())["pixels"])
        else:
            pixels = to_tensor(Image.open(io.BytesIO(await request.body())).convert("L"))
        with torch.no_grad():
            bright = float((pixels.mean() * self.weights).sum())
        return {"label": "bright" if bright > self.threshold else "dark", "value": round(bright, 2), "kind": kind}


app = Brightness.bind(0.5)
"""
FILES = {"deployment.py": DEPLOYMENT.encode(), "config.yaml": CONFIG.encode(), "weights.json": b"[1, 1]"}
#: Writes two pictures of one colour.
DRAWS = """
import sys
from PIL import Image
for name, shade in (("bright.png", 255), ("dark.jpg", 0)):
    Image.new("L", (8, 8), shade).save(f"{sys.argv[1]}/{name}")
"""
#: Loads the application of a model and says what it answers to one request.
ASKS = """
import os, sys
from pathlib import Path
image, model, library = sys.argv[1:]
sys.path[:0] = [model, f"{image}/library", image, library]
from application import load
replica = load(Path(model), os.environ)
print(replica.answer(b"{}", {"content-type": "application/json", "accept": "application/json"}))
"""


@pytest.fixture(scope="module")
def python() -> Path:
    return image_of(IMAGE).python(Environments(Settings.cache_folder()))


@pytest.fixture(scope="module")
def served(sagemaker_world: World) -> Iterator[World]:
    """An endpoint ``brightness``."""
    found = endpoint(sagemaker_world, "brightness", FILES)
    assert found["EndpointStatus"] == "InService", found["FailureReason"]
    yield sagemaker_world
    sagemaker_world.delete_endpoint("brightness")


@pytest.fixture
def pictures(python: Path, tmp_path: Path) -> dict[str, bytes]:
    subprocess.run([python, "-c", DRAWS, tmp_path], check=True)
    return {name: (tmp_path / name).read_bytes() for name in ("bright.png", "dark.jpg")}


def endpoint(world: World, name: str, files: dict[str, bytes], **environment: str) -> dict[str, Any]:
    model = world.put(f"ray/{name}/model.tar.gz", archive(files))
    world.model(name, [{"Image": IMAGE, "ModelDataUrl": model, "Environment": environment}])
    return world.endpoint(name, world.config(name, name))


def ask(world: World, body: bytes, content_type: str) -> dict[str, Any]:
    found = world.runtime.invoke_endpoint(EndpointName="brightness", Body=body, ContentType=content_type)
    assert found["ContentType"] == "application/json"
    return json.loads(found["Body"].read())


def test_images_and_json_are_answered_by_pytorch(served: World, pictures: dict[str, bytes]) -> None:
    """The deployment gets the request's bytes and content type, and its own arguments, weights and configuration."""
    assert ask(served, pictures["bright.png"], "image/png") == {"label": "bright", "value": 1.0, "kind": "image/png"}
    assert ask(served, pictures["dark.jpg"], "image/jpeg") == {"label": "dark", "value": 0.0, "kind": "image/jpeg"}
    asked = json.dumps({"pixels": [[0.5, 0.7]]}).encode()
    assert ask(served, asked, "application/json") == {"label": "bright", "value": 0.6, "kind": "application/json"}


def test_a_request_that_fails_is_the_models_error(served: World) -> None:
    """The caller gets Ray's words, and the endpoint answers the next one."""
    with pytest.raises(ClientError) as refused:
        ask(served, b"no picture", "image/png")
    assert refused.value.response["Error"]["Code"] == "ModelError"
    assert refused.value.response["OriginalStatusCode"] == 500
    assert refused.value.response["OriginalMessage"] == "Internal Server Error"
    assert ask(served, b'{"pixels": [0.0]}', "application/json")["label"] == "dark"


def test_an_application_that_does_not_load_fails_the_endpoint(sagemaker_world: World) -> None:
    """The endpoint never serves."""
    found = endpoint(sagemaker_world, "ray-broken", {"deployment.py": b"app = 1\n"}, SM_RAYSERVE_APP="deployment:app")
    assert found["EndpointStatus"] == "Failed"
    sagemaker_world.delete_endpoint("ray-broken")


def loaded(python: Path, model: Path, files: dict[str, str], **environment: str) -> subprocess.CompletedProcess[str]:
    image = image_of(IMAGE).folder
    for name, text in files.items():
        (model / name).write_text(text)
    return subprocess.run(
        [python, "-c", ASKS, image, model, image.parent / "container_library"],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("returned", "answer"),
    [
        ("None", (200, b"", "text/plain")),
        ("b'raw'", (200, b"raw", "text/plain")),
        ("'text'", (200, b"text", "text/plain; charset=utf-8")),
        ("{'a': [1, 2]}", (200, b'{"a":[1,2]}', "application/json")),
        ("numpy.array([1.5])", (200, b"[1.5]", "application/json")),
        ("Response('no', status_code=415, media_type='text/x')", (415, b"no", "text/x; charset=utf-8")),
    ],
)
def test_answers_are_written_as_ray_serve_writes_them(
    python: Path, tmp_path: Path, returned: str, answer: tuple[int, bytes, str]
) -> None:
    """Its type decides the content type; a function is a deployment, too, and the variable names the application."""
    code = f"""
import numpy
from ray import serve
from starlette.responses import Response

@serve.deployment
def told(request):
    return {returned}

app = told.bind()
"""
    done = loaded(python, tmp_path, {"deployment.py": code}, SM_RAYSERVE_APP="deployment:app")
    assert done.stdout.strip() == repr(answer), done.stderr


BOUND = "from ray import serve\n@serve.deployment\ndef told(request): return 1\napp = told.bind()\n"


@pytest.mark.parametrize(
    ("config", "deployment", "problem"),
    [
        (None, BOUND, "No Ray Serve application found. Provide one of"),
        ("a: 1", BOUND, "config.yaml has no list of applications"),
        ("applications: [{}]", BOUND, "the application has no import_path"),
        ("applications: [{}, {}]", BOUND, "config.yaml has 2 applications; the local cloud serves one"),
        ("applications: [{import_path: 'deployment:app', runtime_env: {}}]", BOUND, "has runtime_env, which the local"),
        ("applications: [{import_path: 'deployment:app', route_prefix: /x}]", BOUND, "route_prefix is /x"),
        ("applications: [{import_path: 'deployment:none'}]", BOUND, "import_path deployment:none: "),
        ("applications: [{import_path: 'deployment:serve'}]", BOUND, "is a module, not a bound deployment"),
        (
            "applications: [{import_path: 'deployment:app', deployments: [{name: other}]}]",
            BOUND,
            "config.yaml has the deployment other; deployment:app has told",
        ),
        (
            "applications: [{import_path: 'deployment:app'}]",
            BOUND.replace("@serve.deployment", "@serve.ingress(1)"),
            "no ray.serve.ingress",
        ),
        (
            "applications: [{import_path: 'deployment:app'}]",
            BOUND.replace("told.bind()", "told.bind(told.bind())"),
            "told is bound to another deployment",
        ),
        (
            "applications: [{import_path: 'deployment:app'}]",
            BOUND.replace("@serve.deployment", "@serve.deployment(placement_group_strategy='PACK')"),
            "no option placement_group_strategy of a deployment",
        ),
    ],
)
def test_what_cannot_be_served_is_refused_by_name(
    python: Path, tmp_path: Path, config: str | None, deployment: str, problem: str
) -> None:
    """What only Ray itself can do, and what is wrong, is an error at the start."""
    files = {"deployment.py": deployment} | ({"config.yaml": config} if config else {})
    done = loaded(python, tmp_path, files)
    assert done.returncode != 0
    assert problem in done.stderr


def test_training_and_serving_share_one_environment() -> None:
    """PyTorch is installed once for both."""
    training, serving = image_of("host/pytorch:2.14"), image_of(IMAGE)
    assert training.lock.read_bytes() == serving.lock.read_bytes()
    assert training.description.python == serving.description.python
