"""What stands in for a container image: explicitly, by the name of the image's repository."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from localcloud.platform.errors import UnsupportedError

if TYPE_CHECKING:
    from localcloud.platform.environments import Environments

IMAGES = Path(__file__).parent
#: What every image's programs may import: the HTTP loop, and where SageMaker's folders are.
LIBRARY = IMAGES / "container_library"

_URI = re.compile(r"^[^/]+/(?P<repository>[^:@]+)(?:[:@].+)?$")


@dataclass(frozen=True, kw_only=True)
class Image:
    """A folder with ``requirements.lock``, ``serve.py`` and, if it can train, ``train.py``; ``jars.lock`` for Java."""

    repository: str
    folder: str
    #: Regular expressions by metric name, as the built-in algorithm declares them.
    metric_definitions: tuple[tuple[str, str], ...] = ()
    #: Whether the image runs the user's own program (``ContainerEntrypoint``, channels ``code`` and ``sm_drivers``).
    script_mode: bool = False

    @cached_property
    def digest(self) -> str:
        """What the stand-in is made of, as an image's digest: its programs, its locks, and the shared library."""
        found = hashlib.sha256()
        for folder in (IMAGES / self.folder, LIBRARY):
            for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"):
                content = path.read_bytes()
                found.update(f"{path.relative_to(IMAGES)} {len(content)}\n".encode() + content)
        return f"sha256:{found.hexdigest()}"

    def program(self, name: str) -> Path | None:
        """The program ``train`` or ``serve``; None where the image has none."""
        path = IMAGES / self.folder / f"{name}.py"
        return path if path.exists() else None

    def environment(self, environments: Environments) -> dict[str, str]:
        """The variables that the image itself brings."""
        variables = {"PYTHONPATH": str(LIBRARY), "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        jars = IMAGES / self.folder / "jars.lock"
        if jars.exists():
            variables["LOCALCLOUD_IMAGE_JARS"] = str(environments.jars(jars))
        return variables

    def python(self, environments: Environments) -> Path:
        return environments.python(IMAGES / self.folder / "requirements.lock").python


#: Metrics that the built-in XGBoost reports, by its own definition (``train:…`` and ``validation:…``).
_XGBOOST_METRICS = [
    "accuracy",
    "auc",
    "aucpr",
    "balanced_accuracy",
    "f1",
    "f1_binary",
    "f1_macro",
    "map",
    "ndcg",
    "precision",
    "r2",
    "recall",
    "precision_macro",
    "precision_micro",
    "recall_macro",
    "recall_micro",
    "aft-nloglik",
    "cox-nloglik",
    "error",
    "gamma-deviance",
    "gamma-nloglik",
    "interval-regression-accuracy",
    "logloss",
    "mae",
    "mape",
    "merror",
    "mlogloss",
    "mphe",
    "mse",
    "poisson-nloglik",
    "rmse",
    "rmsle",
    "tweedie-nloglik",
]

_IMAGES = (
    Image(
        repository="sagemaker-xgboost",
        folder="sagemaker_xgboost",
        metric_definitions=tuple(
            (f"{channel}:{metric}", rf".*\[[0-9]+\].*#011{channel}-{re.escape(metric)}:([^\s#]+)")
            for channel in ("train", "validation")
            for metric in _XGBOOST_METRICS
        ),
    ),
    Image(repository="sagemaker-sparkml-serving", folder="sparkml_serving"),
)


def image_of(uri: str) -> Image:
    """The stand-in for an image's address; raises UnsupportedError that names the image."""
    found = _URI.match(uri)
    repository = found["repository"] if found else uri
    for image in _IMAGES:
        if image.repository == repository:
            return image
    known = ", ".join(image.repository for image in _IMAGES)
    raise UnsupportedError(f"The image {uri} (the local cloud has stand-ins for {known})")
