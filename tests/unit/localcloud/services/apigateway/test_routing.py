"""Which resource of an API a path names."""

from __future__ import annotations

import pytest

from localcloud.services.apigateway.serving.routing import Routing

ROUTING = Routing(
    [
        ("/", "GET", "root"),
        ("/a", "ANY", "a"),
        ("/a", "POST", "post a"),
        ("/a/{id}", "GET", "one a"),
        ("/a/fixed", "GET", "fixed"),
        ("/a/{id}/b", "GET", "b of a"),
        ("/{proxy+}", "GET", "greedy"),
    ]
)


@pytest.mark.parametrize(
    ("path", "verb", "found", "parameters"),
    [
        ("/", "GET", "root", {}),
        ("", "GET", "root", {}),
        ("/a", "PUT", "a", {}),
        ("/a/", "PUT", "a", {}),
        ("/a", "POST", "post a", {}),
        ("/a/7", "GET", "one a", {"id": "7"}),
        ("/a/7%2F8", "GET", "one a", {"id": "7/8"}),
        ("/a/fixed", "GET", "fixed", {}),
        ("/a/fixed/b", "GET", "b of a", {"id": "fixed"}),
        ("/a/7/c", "GET", "greedy", {"proxy": "a/7/c"}),
        ("/x/y%20z", "GET", "greedy", {"proxy": "x/y z"}),
        ("/../etc/passwd", "GET", "greedy", {"proxy": "../etc/passwd"}),
    ],
)
def test_the_most_specific_resource_answers(path: str, verb: str, found: str, parameters: dict[str, str]) -> None:
    """Literal parts come before variables, variables before greedy ones, and a method before ANY."""
    result = ROUTING.find(path, verb)
    assert result is not None
    assert (result.method, result.path_parameters) == (found, parameters)


@pytest.mark.parametrize(("path", "verb"), [("/x", "POST"), ("/", "POST"), ("/a/7", "DELETE")])
def test_no_resource_has_the_method(path: str, verb: str) -> None:
    """A path that exists for other methods alone is not found."""
    assert ROUTING.find(path, verb) is None
