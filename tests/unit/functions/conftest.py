"""Functions are no packages: their folder's name is a word of Python's own."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType

import pytest

from tests.clouds import PROJECT


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


def _handler(folder: str) -> ModuleType:
    """The module ``lambda/<folder>/handler.py``."""
    spec = importlib.util.spec_from_file_location(folder, PROJECT / "lambda" / folder / "handler.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[folder] = module
    spec.loader.exec_module(module)
    return module
