"""The function ``predict`` as it is packaged, with a stub in the place of AWS."""

from __future__ import annotations

import importlib
import io
import json
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from handover.door import DOOR_FILE, Door
from tests.functions import packaged
from tests.unit.functions.stub_endpoint import Reply, Stub

MODULES = (
    "addresses", "answering", "asking", "aws", "contract", "endpoint", "handler", "pictures", "refusals", "shown",
    "signing",
)  # fmt: skip


class Context:
    """What Lambda gives to a handler."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


class Function:
    def __init__(self, handler: ModuleType, stub: Stub, capsys: pytest.CaptureFixture[str]) -> None:
        self.handler = handler
        self.stub = stub
        self._capsys = capsys
        self.log: dict[str, Any] = {}

    def call(self, event: dict[str, Any], *, seconds: float = 28.0) -> tuple[int, Any]:
        """Status and document of an answer; ``log`` has its line."""
        self._capsys.readouterr()
        answer = self.handler.handle(event, Context(seconds))
        self.log = json.loads(self._capsys.readouterr().out)
        assert answer["headers"]["content-type"] == "application/json"
        return answer["statusCode"], json.loads(answer["body"])

    def ask(
        self, request: Any, *, content_type: str = "application/json", seconds: float = 28.0, **more: Any
    ) -> tuple[int, Any]:
        """A prediction. request: JSON, or the body itself as text."""
        body = request if isinstance(request, str) else json.dumps(request)
        found = event("/predictions", body=body, headers={"Content-Type": content_type}, **more)
        return self.call(found, seconds=seconds)

    def endpoint_says(self, *replies: bytes | Reply) -> None:
        self.stub.replies["/invocations"] = [Reply(each) if isinstance(each, bytes) else each for each in replies]


def event(resource: str, **more: Any) -> dict[str, Any]:
    """As API Gateway's Lambda proxy sends it."""
    return {
        "resource": resource,
        "path": resource,
        "httpMethod": "POST" if resource == "/predictions" else "GET",
        "headers": {},
        "body": None,
        "isBase64Encoded": False,
        "requestContext": {"requestId": "request-1", "stage": "prod", "path": f"/prod{resource}"},
        **more,
    }


@contextmanager
def loaded(folder: Path, door: Door, environment: dict[str, str]) -> Iterator[ModuleType]:
    """The handler's module, of a package that is unpacked in the folder."""
    with zipfile.ZipFile(io.BytesIO(packaged("predict", {DOOR_FILE: door.json()}))) as files:
        files.extractall(folder, [name for name in files.namelist() if not name.startswith("handover/")])
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.syspath_prepend(str(folder))
        try:
            yield importlib.import_module("handler")
        finally:
            for name in MODULES:
                sys.modules.pop(name, None)
