"""What every step of the pipeline does alike: its settings, its inputs and outputs, its last words."""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

OUT = Path("out")


class StepError(Exception):
    """Ends the step with its message and exit code 1: what failed, the value seen, what to do."""


def run(step: Callable[[], None]) -> NoReturn:
    """Run a step as a program. A stopped build (SIGTERM) unwinds it, so that it can stop what it started."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        step()
    except StepError as error:
        print(f"ERROR: {error}", file=sys.stderr, flush=True)
        sys.exit(1)
    sys.exit(0)


def setting(name: str) -> str:
    """An environment variable that the build project sets; StepError where it is missing or empty."""
    value = os.environ.get(name, "")
    if not value:
        raise StepError(f"The environment variable {name} is not set. The build project of this step sets it.")
    return value


def from_variable(name: str) -> Any:
    """A dataclass field that an object made without it takes from this environment variable, as ``setting`` does."""
    return field(default_factory=partial(setting, name))


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What every build project says to its step. What a step needs besides are fields of a class of its own."""

    workload: str = from_variable("WORKLOAD")
    #: The bucket of data, features, models and reports.
    bucket: str = from_variable("DATA_BUCKET")
    commit: str = from_variable("COMMIT_ID")


def input_artifact(artifact: str, file: str) -> dict[str, Any]:
    """A JSON file of a secondary input artifact, which CodeBuild unpacks into $CODEBUILD_SRC_DIR_<artifact>."""
    path = Path(setting(f"CODEBUILD_SRC_DIR_{artifact}")) / file
    if not path.is_file():
        raise StepError(f"The input artifact {artifact} has no {file} ({path} does not exist).")
    document: dict[str, Any] = json.loads(path.read_text())
    return document


def write_output(file: str, content: str) -> None:
    """A file of this step's output artifact."""
    OUT.mkdir(exist_ok=True)
    (OUT / file).write_text(content)


def write_variables(variables: Mapping[str, str]) -> None:
    """The variables that the build exports to later stages: its buildspec sources the file."""
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in variables.items()]
    write_output("variables.env", "".join(lines))


def to_json(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def say(line: str) -> None:
    """A line in the build log, at once."""
    print(line, flush=True)


@contextmanager
def timed(title: str) -> Iterator[None]:
    """Print how long the part took, when it is done."""
    started = time.monotonic()
    yield
    say(f"[{time.monotonic() - started:6.2f} s] {title}")


def polls(*, shortest_seconds: float = 0.3, longest_seconds: float = 10.0) -> Iterator[float]:
    """Yield the seconds since the start, sleeping between: often at first, ever more rarely in a long wait."""
    started = time.monotonic()
    while True:
        elapsed = time.monotonic() - started
        yield elapsed
        time.sleep(min(longest_seconds, shortest_seconds + elapsed / 20))


@dataclass(frozen=True, kw_only=True, slots=True)
class S3Address:
    """``s3://bucket/key``, taken apart."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, address: str) -> S3Address:
        scheme, _, rest = address.partition("://")
        bucket, _, key = rest.partition("/")
        if scheme != "s3" or not bucket:
            raise ValueError(f"{address!r} is not an S3 address such as s3://bucket/key")
        return cls(bucket=bucket, key=key)

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    def __truediv__(self, name: str) -> S3Address:
        return S3Address(bucket=self.bucket, key=f"{self.key.rstrip('/')}/{name}".lstrip("/"))
