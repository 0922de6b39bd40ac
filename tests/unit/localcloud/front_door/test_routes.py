"""Which paths are no operation of an AWS API, and what they need allowed."""

from __future__ import annotations

import asyncio

import pytest

from localcloud.front_door.routes import Routes
from localcloud.platform.errors import UnsupportedError
from localcloud.platform.service import Asked, HttpRequest, HttpResponse, Route, without_policies
from localcloud.services.sagemaker.runtime import invocation


def request(path: str, method: str = "POST") -> HttpRequest:
    return HttpRequest(method=method, path=path, query="", headers={}, body=b"")


def route(prefix: str) -> Route:
    async def answer(_: HttpRequest) -> HttpResponse:
        return HttpResponse(status=200, headers={}, body=prefix.encode())

    return Route(prefix=prefix, answer=answer, authorize=without_policies)


def answer(routes: Routes, path: str) -> HttpResponse:
    found = routes.find(path)
    assert found is not None
    assert found.authorize(request(path)) is None
    return asyncio.run(found.answer(request(path)))


def test_the_longest_prefix_answers() -> None:
    """The longest prefix answers, whatever the order in which routes are given."""
    for given in (["/_a/", "/_a/b/"], ["/_a/b/", "/_a/"]):
        routes = Routes(map(route, given))
        assert answer(routes, "/_a/b/c").body == b"/_a/b/"
        assert answer(routes, "/_a/c").body == b"/_a/"


def test_a_path_that_no_route_knows_is_refused_by_name() -> None:
    """A path under a reserved prefix is refused and not handed to S3, for no bucket has such a name."""
    refused = answer(Routes([route("/_a/"), route("/endpoints/")]), "/_b/c")
    assert (refused.status, refused.body) == (404, b"The local cloud has no route /_b/c. It has /_a/.\n")


def test_other_paths_are_of_aws_apis() -> None:
    """A bucket's path and a REST operation's belong to no route."""
    assert Routes([route("/_a/")]).find("/bucket/_a/") is None


def test_one_prefix_has_one_route() -> None:
    """A second route of the same prefix is refused: the order of services would decide who answers."""
    with pytest.raises(ValueError, match="/_a/ has two routes"):
        Routes([route("/_a/"), route("/_a/")])


def test_an_invocation_needs_invoke_endpoint() -> None:
    """An invocation asks for the endpoint that the path names, with percent signs undone."""
    asked = invocation(request("/endpoints/my%2Dendpoint/invocations"))
    assert asked == Asked(service="sagemaker", operation="InvokeEndpoint", params={"EndpointName": "my-endpoint"})


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/endpoints/e/async-invocations"), ("GET", "/endpoints/e/invocations")]
)
def test_what_is_no_invocation_is_refused_by_name(method: str, path: str) -> None:
    """Another path or method under the runtime's prefix is refused."""
    with pytest.raises(UnsupportedError, match=f"sagemaker-runtime:{method} {path}"):
        invocation(request(path, method))
