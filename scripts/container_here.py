"""Trains and serves with the local cloud's stand-in for an image, in processes of this machine and without a cloud."""

from __future__ import annotations

import http.client
import io
import json
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from localcloud.images import registry
from localcloud.images.container_environment import base_environment
from localcloud.platform.environments import Environments
from localcloud.platform.settings import Settings
from ml_training.hyperparameters import as_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LISTENING = "listening on port "


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerHere:
    """A container's folder. ``image``: the stand-in whose programs run in it."""

    root: Path
    image: registry.Image
    environments: Environments

    @classmethod
    @contextmanager
    def of(cls, repository: str) -> Iterator[ContainerHere]:
        """SystemExit if the local cloud has no image of this repository."""
        images = registry.images_named([repository])
        if not images:
            raise SystemExit(f"The local cloud has no image {repository}.")
        with tempfile.TemporaryDirectory() as folder:
            environments = Environments(Settings.cache_folder(), say=print)
            yield cls(root=Path(folder), image=images[0], environments=environments)

    def train(
        self,
        hyperparameters: Mapping[str, object],
        channels: Mapping[str, tuple[str, bytes]],
        content_type: str,
    ) -> list[str]:
        """What the program printed. channels: name → (file name, content). SystemExit if it fails."""
        opt_ml = self.root / "opt" / "ml"
        for folder in ("input/config", "input/data", "model", "output/data"):
            (opt_ml / folder).mkdir(parents=True)
        for name, (file_name, content) in channels.items():
            (opt_ml / "input" / "data" / name).mkdir()
            (opt_ml / "input" / "data" / name / file_name).write_bytes(content)
        config = {
            "hyperparameters": {name: as_text(value) for name, value in hyperparameters.items()},
            "inputdataconfig": {name: {"ContentType": content_type} for name in channels},
        }
        for name, document in config.items():
            (opt_ml / "input" / "config" / f"{name}.json").write_text(json.dumps(document))
        done = subprocess.run(
            self._command("train"), env=self._variables(), cwd=self.root, stdout=subprocess.PIPE, text=True, check=False
        )
        if done.returncode:
            failure = opt_ml / "output" / "failure"
            raise SystemExit(f"Training failed: {failure.read_text() if failure.is_file() else done.stdout[-2000:]}")
        return done.stdout.splitlines()

    @contextmanager
    def serving(self) -> Iterator[RuntimeHere]:
        """The model that ``train`` has left, served until the block ends. SystemExit with its log if it cannot be."""
        log = self.root / "serve.log"
        with log.open("w") as errors:
            process = subprocess.Popen(
                self._command("serve"),
                env=self._variables() | {"SAGEMAKER_BIND_TO_PORT": "0"},
                cwd=self.root,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        try:
            port = next((line for line in process.stdout or () if line.startswith(_LISTENING)), "")
            if not port:
                raise SystemExit(f"The model cannot be served: {log.read_text()[-2000:] or 'its container has ended.'}")
            yield RuntimeHere(port=int(port.removeprefix(_LISTENING)))
        finally:
            process.terminate()
            process.wait()

    def _command(self, name: str) -> list[str]:
        program = self.image.program(name)
        if program is None:
            raise SystemExit(f"The image {self.image.description.repository} has no program {name}.")
        return self.image.command(self.environments, program)

    def _variables(self) -> dict[str, str]:
        return {**base_environment(self.root), **self.image.environment(self.environments)}


@dataclass(frozen=True, kw_only=True, slots=True)
class RuntimeHere:
    """As a client of sagemaker-runtime, for the one container that serves here: the gate asks it as it asks QA."""

    port: int

    def invoke_endpoint(self, *, ContentType: str, Accept: str, Body: bytes, **_: Any) -> dict[str, Any]:
        """The container's answer. SystemExit if it refuses: there is no line that could be at fault."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        try:
            connection.request("POST", "/invocations", Body, {"content-type": ContentType, "accept": Accept})
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if answer.status != http.HTTPStatus.OK:
            raise SystemExit(f"The model refuses {Body[:200]!r}: {answer.status} {content.decode(errors='replace')}")
        return {"Body": io.BytesIO(content)}
