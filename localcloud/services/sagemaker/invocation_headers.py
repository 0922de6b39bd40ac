"""What AWS's model says of an invocation's headers: their lengths and patterns."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from localcloud.wire import protocol
from localcloud.wire.constraints import Constraints

if TYPE_CHECKING:
    from localcloud.platform.service import HttpRequest

_SERVICE, _PROTOCOL = "sagemaker-runtime", "rest-json"


def check(endpoint: str, request: HttpRequest) -> None:
    """Raises AwsError, before anybody asks whether there is such an endpoint."""
    shape, constraints, members = _model()
    given = {name: request.headers[header] for header, name in members if header in request.headers}
    constraints.check(shape, {"EndpointName": endpoint, "Body": b"", **given})


@functools.cache
def _model() -> tuple[Any, Constraints, tuple[tuple[str, str], ...]]:
    """The operation's shape, its compiled constraints, and the headers with their members."""
    shape = protocol.Protocol.all_of(_SERVICE)[_PROTOCOL].input_shape("InvokeEndpoint")
    members = shape.members.items() if shape is not None else ()
    headers = (
        (each.serialization["name"].lower(), name)
        for name, each in members
        if each.serialization.get("location") == "header"
    )
    return shape, Constraints(_SERVICE, _PROTOCOL), tuple(headers)
