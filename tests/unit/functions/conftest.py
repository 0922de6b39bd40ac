"""Functions are no packages: their folder's name is a word of Python's own."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType

import pytest

from tests.clouds import PROJECT


@pytest.fixture(scope="session")
def qa_clean_up() -> ModuleType:
    """The module ``lambda/qa_clean_up/handler.py``."""
    spec = importlib.util.spec_from_file_location("qa_clean_up", PROJECT / "lambda" / "qa_clean_up" / "handler.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["qa_clean_up"] = module
    spec.loader.exec_module(module)
    return module
