"""Finds the stand-in for a container image by the name of the image's repository."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from localcloud.images.description import Description, read
from localcloud.platform.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localcloud.platform.environments import Environments, PythonEnvironment
    from localcloud.platform.java_archives import JavaArchive

IMAGES = Path(__file__).parent
#: Modules that the programs of every image may import: the HTTP loop, and the places of SageMaker's folders.
LIBRARY = IMAGES / "container_library"
#: The folders of the images that jobs and models can name. Services use the other folders without a name.
FOLDERS = (
    "pytorch_training",
    "ray_serve",
    "sagemaker_factorization_machines",
    "sagemaker_ntm",
    "sagemaker_xgboost",
    "sparkml_serving",
    "tensorflow_inference",
    "tensorflow_training",
)
#: Large, and needed by few: installed when the first job asks for it.
_LATER = frozenset({"hyperparameter_tuning"})

_URI = re.compile(r"^[^/]+/(?P<repository>[^:@]+)(?:[:@].+)?$")


@dataclass(frozen=True, kw_only=True)
class Image:
    """A folder with ``image.toml``, ``requirements.lock`` and its programs; ``jars.lock`` for Java."""

    folder: Path
    description: Description

    @classmethod
    def at(cls, folder: Path) -> Image:
        """Raises ImageError where the folder's ``image.toml`` is missing or wrong."""
        return cls(folder=folder, description=read(folder))

    @cached_property
    def digest(self) -> str:
        """The stand-in's digest, over its programs, its locks and the shared library."""
        found = hashlib.sha256()
        for folder in (self.folder, LIBRARY):
            for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"):
                content = path.read_bytes()
                found.update(f"{path.relative_to(folder.parent)} {len(content)}\n".encode() + content)
        return f"sha256:{found.hexdigest()}"

    def program(self, name: str) -> Path | None:
        """The program ``train`` or ``serve``; None where the image has none."""
        path = self.folder / f"{name}.py"
        return path if path.exists() else None

    def environment(self, environments: Environments) -> dict[str, str]:
        """The image's own variables."""
        variables = {"PYTHONPATH": str(LIBRARY), "PYTHONUNBUFFERED": "1"}
        jars = self._jars(environments)
        if jars:
            variables["LOCALCLOUD_IMAGE_JARS"] = str(jars)
        return variables

    def _jars(self, environments: Environments) -> Path | None:
        lock = self.folder / "jars.lock"
        return environments.jars(lock) if lock.exists() else None

    def java_archive(self, environments: Environments) -> JavaArchive | None:
        """The archive of the classes that its Java loads; None without Java."""
        jars = self._jars(environments)
        return environments.java_archive(self.packages(environments), jars) if jars else None

    @property
    def lock(self) -> Path:
        """The image's packages. uv's own variable takes PyTorch's CPU build, which needs none of CUDA's packages."""
        without_cuda = self.folder / "requirements.cpu.lock"
        if os.environ.get("UV_TORCH_BACKEND") == "cpu" and without_cuda.exists():
            return without_cuda
        return self.folder / "requirements.lock"

    def notice(self, environments: Environments) -> str:
        """What to say before large packages are fetched; empty where there is nothing to say, or nothing to fetch."""
        large, lock = self.description.large, self.lock
        if large is None or lock.name != "requirements.lock":
            return ""
        if environments.has(lock, minor=self.description.python):
            return ""
        return (
            f"Installing the packages of the image {self.description.repository}, once: {large.gigabytes:g} GB. "
            f"{large.notice}"
        )

    def packages(self, environments: Environments, *more: Path) -> PythonEnvironment:
        """The environment with the image's packages, and those of more lock files. The first use makes it."""
        description = self.description
        gigabytes = description.large.gigabytes if description.large else 0.0
        return environments.python(
            self.lock, *more, minor=description.python, compiled=description.compiled, gigabytes=gigabytes
        )

    def python(self, environments: Environments) -> Path:
        return self.packages(environments).python

    def interpreter(self, environments: Environments) -> Path | None:
        """What to start in the place of the environment's interpreter and under its name; None for itself."""
        return environments.unnamed(self.description.python) if self.description.unnamed_interpreter else None

    def command(self, environments: Environments, program: Path) -> list[str]:
        """Runs one of the image's programs."""
        python, interpreter = str(self.python(environments)), self.interpreter(environments)
        if interpreter is None:
            return [python, str(program)]
        return ["/bin/bash", "-c", 'exec -a "$0" "$@"', python, str(interpreter), str(program)]


_IMAGES = tuple(Image.at(IMAGES / folder) for folder in FOLDERS)


def images_named(repositories: Sequence[str] | None) -> list[Image]:
    """The stand-ins for images of these repositories, or for no list all. Unknown names are no stand-in's."""
    return [image for image in _IMAGES if repositories is None or image.description.repository in repositories]


def service_locks() -> list[Path]:
    """The lock files of Python packages that services use without an image's name. They are for ``IMAGE_MINOR``."""
    later = {*FOLDERS, *_LATER}
    return [lock for lock in sorted(IMAGES.glob("*/requirements.lock")) if lock.parent.name not in later]


def image_of(uri: str) -> Image:
    """The stand-in for an image's address; raises UnsupportedError that names the image."""
    found = _URI.match(uri)
    repository = found["repository"] if found else uri
    for image in _IMAGES:
        if image.description.repository == repository:
            return image
    known = ", ".join(image.description.repository for image in _IMAGES)
    raise UnsupportedError(f"The image {uri} (the local cloud has stand-ins for {known})")
