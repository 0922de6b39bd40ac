"""What a training job's containers run: the image's train program, or in script mode the one that the job brings."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from localcloud.images import script_mode
from localcloud.images.container_environment import base_environment, for_downloads
from localcloud.platform.errors import UnsupportedError
from localcloud.services.sagemaker.s3_data import S3Data

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localcloud.images.registry import Image
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.role_session import RoleSession
    from localcloud.platform.store import Document
    from localcloud.services.sagemaker.cluster import Host


#: The hyperparameter with the archive of a job's program.
SUBMITTED = "sagemaker_submit_directory"
#: What the SDK's ModelTrainer names as the entry point.
_DRIVER = "/opt/ml/input/data/sm_drivers/sm_train.sh"


class TrainingProgram(Protocol):
    def prepare(self, host: Host) -> None:
        """Makes ready a host whose channels are there; raises EngineError."""

    def command(self, host: Host) -> Sequence[str]: ...

    def environment(self, host: Host) -> dict[str, str]:
        """The host's variables, the job's own included."""

    def said(self, host: Host, text: str) -> str:
        """A text of the program as it is on AWS."""


def training_program(cloud: Cloud, image: Image, job: Document, role: RoleSession) -> TrainingProgram:
    if SUBMITTED in job.get("HyperParameters", {}):
        return SubmittedProgram(cloud=cloud, image=image, job=_with_driver(job), role=role)
    if job["AlgorithmSpecification"].get("ContainerEntrypoint"):
        return BroughtProgram(cloud=cloud, image=image, job=job)
    return ImageProgram(cloud=cloud, image=image, job=job)


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageProgram:
    cloud: Cloud
    image: Image
    job: Document

    def prepare(self, host: Host) -> None:
        del host

    def command(self, host: Host) -> Sequence[str]:
        del host
        program = self.image.program("train")
        if program is None:
            raise UnsupportedError(f"Training with the image {self.job['AlgorithmSpecification']['TrainingImage']}")
        return self.image.command(self.cloud.environments, program)

    def environment(self, host: Host) -> dict[str, str]:
        return {
            **base_environment(host.root),
            **self.job.get("Environment", {}),
            **self.image.environment(self.cloud.environments),
        }

    def said(self, host: Host, text: str) -> str:
        del host
        return text


@dataclass(frozen=True, kw_only=True, slots=True)
class BroughtProgram:
    """The entry point of the job, on a Python with the packages of its image (``localcloud/images/script_mode``)."""

    cloud: Cloud
    image: Image
    job: Document

    def prepare(self, host: Host) -> None:
        script_mode.map_programs(host.root)
        script_mode.own_python(host.root, self.image, self.cloud.environments, self.cloud.settings.cache)

    def command(self, host: Host) -> Sequence[str]:
        algorithm = self.job["AlgorithmSpecification"]
        words = [*algorithm["ContainerEntrypoint"], *algorithm.get("ContainerArguments", [])]
        return [script_mode.mapped(word, host.root) for word in words]

    def environment(self, host: Host) -> dict[str, str]:
        base = base_environment(host.root)
        return {
            **for_downloads(os.environ),
            **base,
            "PYTHONUNBUFFERED": "1",
            **script_mode.mapped_values(self.job.get("Environment", {}), host.root),
            "PATH": f"{script_mode.programs(host.root)}:{base['PATH']}",
        }

    def said(self, host: Host, text: str) -> str:
        return script_mode.unmapped(text, host.root)


def _with_driver(job: Document) -> Document:
    words = ["/bin/bash", "-c", f"chmod +x {_DRIVER} && {_DRIVER}"]
    return {**job, "AlgorithmSpecification": {**job["AlgorithmSpecification"], "ContainerEntrypoint": words}}


@dataclass(frozen=True, kw_only=True, slots=True)
class SubmittedProgram(BroughtProgram):
    """The program of a tuning job's training jobs, whose definition has no place for an entry point.

    The SDK's tuner brings its drivers as the channel ``sm_drivers``, and the source folder as an archive that a
    hyperparameter names. On AWS the image's toolkit unpacks it and starts the program; here the drivers do. As there,
    the program gets none of the hyperparameters that are meant for the toolkit.
    """

    role: RoleSession

    def prepare(self, host: Host) -> None:
        """Raises EngineError, also where the archive is missing."""
        code = host.opt_ml / "input" / "data" / "code"
        code.mkdir()
        S3Data(self.role).unpack(self.job["HyperParameters"][SUBMITTED], code)
        given = {
            name: value
            for name, value in self.job["HyperParameters"].items()
            if not name.startswith(("sagemaker_", "_tuning_"))
        }
        (host.opt_ml / "input" / "config" / "hyperparameters.json").write_text(json.dumps(given))
        BroughtProgram.prepare(self, host)
