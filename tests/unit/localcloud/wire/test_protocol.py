"""How a service's requests are signed and written."""

from __future__ import annotations

import botocore.session
import pytest

from localcloud.front_door.registry import operation_groups
from localcloud.wire import protocol

_OURS = sorted({group.service for group in operation_groups() if group.operation_names()})


@pytest.mark.parametrize("service", _OURS)
def test_what_a_service_is_signed_for_is_known_without_its_model(service: str) -> None:
    """The one exception in our own list is the one of AWS's models."""
    model = botocore.session.get_session().get_service_model(service)
    assert protocol.signing_name(service) == model.signing_name
