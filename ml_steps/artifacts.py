"""What a build reads from earlier actions of its pipeline, and what it passes on."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from ml_steps.running import StepError

if TYPE_CHECKING:
    from collections.abc import Mapping

OUT = Path("out")


def read_input(artifact: str, file: str) -> str:
    """A file of a secondary input artifact, which CodeBuild unpacks into $CODEBUILD_SRC_DIR_<artifact>."""
    path = _folder(artifact) / file
    if not path.is_file():
        raise StepError(f"The input artifact {artifact} has no {file} ({path} does not exist).")
    return path.read_text()


def read_input_if_there(artifact: str, file: str) -> str | None:
    """The same; None if the artifact has no such file."""
    path = _folder(artifact) / file
    return path.read_text() if path.is_file() else None


def _folder(artifact: str) -> Path:
    variable = f"CODEBUILD_SRC_DIR_{artifact}"
    folder = os.environ.get(variable, "")
    if not folder:
        raise StepError(f"The environment variable {variable} is not set: the build has no input artifact {artifact}.")
    return Path(folder)


def write_output(file: str, content: str) -> None:
    """Write a file of this step's output artifact."""
    OUT.mkdir(exist_ok=True)
    (OUT / file).write_text(content)


def write_variables(variables: Mapping[str, str]) -> None:
    """Write the variables that the build exports to later stages: its buildspec sources the file."""
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in variables.items()]
    write_output("variables.env", "".join(lines))
