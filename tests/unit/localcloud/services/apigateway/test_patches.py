"""Patch operations on what is defined."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.services.apigateway.control import patches
from localcloud.services.apigateway.control.stage_settings import take_patch

MAY = frozenset({"name", "binaryMediaTypes", "disableExecuteApiEndpoint", "endpointConfiguration"})


def patched(document: dict[str, Any], *operations: tuple[str, str, str]) -> dict[str, Any]:
    asked = [{"op": op, "path": path, "value": value} for op, path, value in operations]
    read = patches.read({"patchOperations": asked})
    patches.apply(document, read, shape=patches.output_shape("UpdateRestApi"), may=MAY)
    return document


def test_values_have_the_models_types() -> None:
    """A text becomes what AWS's model of the thing has at this path, and lists gain and lose members."""
    document: dict[str, Any] = {
        "name": "a",
        "binaryMediaTypes": ["image/gif"],
        "endpointConfiguration": {"types": ["EDGE"]},
    }
    assert patched(
        document,
        ("replace", "/name", "b"),
        ("replace", "/disableExecuteApiEndpoint", "true"),
        ("add", "/binaryMediaTypes/image~1png", ""),
        ("remove", "/binaryMediaTypes/image~1gif", ""),
        ("replace", "/endpointConfiguration/types/EDGE", "REGIONAL"),
    ) == {
        "name": "b",
        "disableExecuteApiEndpoint": True,
        "binaryMediaTypes": ["image/png"],
        "endpointConfiguration": {"types": ["REGIONAL"]},
    }


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (("replace", "/id", "x"), "Invalid patch path '/id' specified for op 'replace'. Must be one of"),
        (("replace", "/disableExecuteApiEndpoint", "maybe"), "must be of type boolean"),
        (("replace", "/endpointConfiguration/nothing/x", "y"), "there is no 'nothing'"),
        (("replace", "name", "x"), "begins with a slash"),
    ],
)
def test_a_patch_that_fits_nothing_is_refused(operation: tuple[str, str, str], message: str) -> None:
    """The error names the path, and what may be patched."""
    with pytest.raises(AwsError, match=message):
        patched({"name": "a"}, operation)


def test_another_operation_is_refused_by_name() -> None:
    """Copying and moving are operations that the local cloud does not have."""
    with pytest.raises(UnsupportedError, match="the patch operation copy /name"):
        patched({}, ("copy", "/name", ""))


def test_settings_of_methods_have_paths_of_their_own() -> None:
    """A method's settings are kept under AWS's key, with its defaults, until they are removed."""
    stage: dict[str, Any] = {"methodSettings": {}}
    operations = [
        {"op": "replace", "path": "/*/*/throttling/rateLimit", "value": "5"},
        {"op": "replace", "path": "/~1a~1{id}/GET/throttling/burstLimit", "value": "2"},
    ]
    assert all(take_patch(stage, patch) for patch in patches.read({"patchOperations": operations}))
    settings = stage["methodSettings"]
    assert (settings["*/*"]["throttlingRateLimit"], settings["*/*"]["loggingLevel"]) == (5.0, "OFF")
    assert settings["~1a~1{id}/GET"]["throttlingBurstLimit"] == 2
    [removal] = patches.read({"patchOperations": [{"op": "remove", "path": "/*/*"}]})
    assert take_patch(stage, removal)
    assert list(settings) == ["~1a~1{id}/GET"]
