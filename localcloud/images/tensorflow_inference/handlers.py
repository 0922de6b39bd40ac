"""The user's ``code/inference.py``: a ``handler``, or an ``input_handler`` and an ``output_handler``."""

from __future__ import annotations

import importlib.util
import io
import json
import sys
import traceback
from collections import namedtuple
from typing import TYPE_CHECKING, Any

import requests
from http_server import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: AWS's container gives no more. ``channel`` is a gRPC channel there; the local cloud has REST alone.
Context = namedtuple(  # noqa: PYI024  (user code may take it apart)
    "Context",
    "model_name, model_version, method, rest_uri, grpc_port, channel, custom_attributes, request_content_type, "
    "accept_header, content_length",
)


def load(script: Path) -> Callable[[Any, Any], tuple[Any, str]]:
    """The function that answers a request. Ends the program, with the reason, if the script has none."""
    library = script.parent / "lib"
    sys.path[:0] = [str(script.parent), *([str(library)] if library.is_dir() else [])]
    spec = importlib.util.spec_from_file_location("inference", script)
    if spec is None or spec.loader is None:
        sys.exit(f"{script} is no Python module")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if hasattr(module, "handler"):
        found: Callable[[Any, Any], tuple[Any, str]] = module.handler
        return found
    if not (hasattr(module, "input_handler") and hasattr(module, "output_handler")):
        sys.exit("NotImplementedError: Handlers are not implemented correctly in user script.")

    def handler(data: Any, context: Any) -> tuple[Any, str]:
        processed = module.input_handler(data, context)
        response = requests.post(context.rest_uri, data=processed, timeout=None)  # noqa: S113  (SageMaker's own limit)
        answer: tuple[Any, str] = module.output_handler(response, context)
        return answer

    return handler


def answered(handler: Callable[[Any, Any], tuple[Any, str]], request: Request, context: Any) -> Response:
    """The user's answer; an error of theirs is a 500 with its text."""
    try:
        body, content_type = handler(io.BytesIO(request.body), context)
    except Exception as error:  # noqa: BLE001  (whatever it is, the container answers it)
        traceback.print_exc()
        return Response(status=500, body=json.dumps({"error": str(error)}).encode(), content_type="application/json")
    return Response(body=body.encode() if isinstance(body, str) else bytes(body), content_type=str(content_type))
