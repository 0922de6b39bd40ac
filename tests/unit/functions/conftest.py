"""Functions are no packages: their folder's name is a word of Python's own."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType

import pytest

from handover.door import Door
from tests.clouds import PROJECT
from tests.unit.functions.predict_lab import Function, loaded
from tests.unit.functions.stub_endpoint import serving


@pytest.fixture(scope="session")
def qa_clean_up() -> ModuleType:
    return _handler("qa_clean_up")


@pytest.fixture(scope="session")
def answer_share() -> ModuleType:
    return _handler("answer_share")


@pytest.fixture(scope="session")
def ended_release() -> ModuleType:
    return _handler("ended_release")


@pytest.fixture(scope="session")
def scheduled_scores() -> ModuleType:
    return _handler("scheduled_scores")


@pytest.fixture
def predict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., Function]]:
    """The function behind a door, with a stub in the place of AWS; keywords are further environment variables."""
    with ExitStack() as stack:

        def made(door: Door, **more: str) -> Function:
            stub = stack.enter_context(serving())
            environment = {
                "AWS_ACCESS_KEY_ID": "key",
                "AWS_SECRET_ACCESS_KEY": "secret",
                "AWS_SESSION_TOKEN": "token",
                "AWS_REGION": "eu-west-1",
                "AWS_ENDPOINT_URL": stub.url,
                "ENDPOINT_NAME": "car-evaluation-prod",
                "RELEASE": "7",
                **more,
            }
            return Function(stack.enter_context(loaded(tmp_path, door, environment)), stub, capsys)

        yield made


@pytest.fixture(scope="session")
def publish_page() -> ModuleType:
    return _handler("publish_page")


def _handler(folder: str) -> ModuleType:
    """The module ``lambda/<folder>/handler.py``."""
    spec = importlib.util.spec_from_file_location(folder, PROJECT / "lambda" / folder / "handler.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[folder] = module
    spec.loader.exec_module(module)
    return module
