"""Which requests are for virtual hosts, and what they and their answers say."""

from __future__ import annotations

import asyncio
from typing import Any
from unittest.mock import Mock

import pytest

from localcloud.front_door.receiving import Body
from localcloud.front_door.virtual_hosts import VirtualHosts
from localcloud.platform.service import HttpRequest, HttpResponse, VirtualHost, Visit
from localcloud.wire.addresses import Addresses

ADDRESSES = Addresses(region="us-east-1", port=4730)


async def tell(visit: Visit) -> HttpResponse:
    location = "https://d1.cloudfront.net/x"
    refused = visit.refused.code if visit.refused else ""
    return HttpResponse(status=302, headers={"location": location, "refused": refused}, body=visit.request.body)


def host(suffix: str, prefix: str, *, named: bool = True) -> VirtualHost:
    return VirtualHost(suffix=suffix, prefix=prefix, answer=tell, named=named, largest_bytes=10)


HOSTS = VirtualHosts(
    [
        host("execute-api.localhost", "/_execute-api"),
        host("idp.localhost", "/_idp", named=False),
        host("a.idp.localhost", "/_a"),
    ],
    ADDRESSES,
    Mock(),
)


def request(host_name: str, path: str = "/p/x", **headers: str) -> HttpRequest:
    return HttpRequest(method="GET", path=path, query="", headers={"host": host_name, **headers}, body=b"")


def visit(asked: HttpRequest) -> tuple[str, str, str, str]:
    found = HOSTS.find(asked)
    assert found is not None
    virtual_host, made = found
    return virtual_host.suffix, made.name, made.path, made.base


@pytest.mark.parametrize(
    ("host_name", "path", "expected"),
    [
        ("a1.execute-api.localhost:4730", "/p/x", ("execute-api.localhost", "a1", "/p/x", "")),
        ("A1.Execute-Api.localhost", "/", ("execute-api.localhost", "a1", "/", "")),
        ("127.0.0.1:4730", "/_execute-api/a1/p/x", ("execute-api.localhost", "a1", "/p/x", "/_execute-api/a1")),
        ("localhost", "/_execute-api/a1", ("execute-api.localhost", "a1", "/", "/_execute-api/a1")),
        ("idp.localhost:4730", "/pool/keys", ("idp.localhost", "", "/pool/keys", "")),
        ("localhost:4730", "/_idp/pool/keys", ("idp.localhost", "", "/pool/keys", "/_idp")),
        ("b.a.idp.localhost", "/", ("a.idp.localhost", "b", "/", "")),
    ],
)
def test_a_host_stands_at_its_name_and_at_its_path(host_name: str, path: str, expected: tuple[str, ...]) -> None:
    """The name before the suffix and the path at the host are the same, however the client asked."""
    assert visit(request(host_name, path)) == expected


@pytest.mark.parametrize(
    ("host_name", "path"),
    [
        ("execute-api.localhost", "/p"),
        ("a.b.execute-api.localhost", "/p"),
        ("evil-execute-api.localhost", "/p"),
        ("x.idp.localhost", "/p"),
        ("a1.execute-api.localhost.evil.com", "/p"),
        ("evil.com", "/_execute-api/a1/p"),
        ("other.localhost", "/_execute-api/a1/p"),
        ("127.0.0.1", "/p"),
        ("127.0.0.1", "/_execute-api-other/p"),
    ],
)
def test_other_names_and_paths_are_no_visit(host_name: str, path: str) -> None:
    """A foreign host reaches no virtual host, not even by its path."""
    assert HOSTS.find(request(host_name, path)) is None


def test_a_visit_knows_only_awss_addresses() -> None:
    """Host, Origin and Referer are AWS's for whoever answers, while the request stays as it was signed."""
    local = {"origin": "http://d1.cloudfront.localhost:4730", "referer": "http://d1.cloudfront.localhost:4730/x"}
    found = HOSTS.find(request("a1.execute-api.localhost:4730", **local))
    assert found is not None
    made = found[1]
    assert made.headers == {
        "host": "a1.execute-api.us-east-1.amazonaws.com",
        "origin": "https://d1.cloudfront.net",
        "referer": "https://d1.cloudfront.net/x",
    }
    assert made.request.headers["host"] == "a1.execute-api.localhost:4730"
    by_path = HOSTS.find(request("127.0.0.1:4730", "/_execute-api/a1/p"))
    assert by_path is not None
    assert by_path[1].headers["host"] == "a1.execute-api.us-east-1.amazonaws.com"


def answered(content: bytes) -> HttpResponse:
    found = HOSTS.find(request("a1.execute-api.localhost", **{"content-length": str(len(content))}))
    assert found is not None
    messages: list[dict[str, Any]] = [{"type": "http.request", "body": content, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    return asyncio.run(HOSTS.answer(*found, Body(found[1].request, receive)))


def test_an_answer_sends_to_local_addresses() -> None:
    """A redirection to AWS's address of a virtual host leads to the local one."""
    response = answered(b"abc")
    assert response.body == b"abc"
    assert response.headers["location"] == "http://d1.cloudfront.localhost:4730/x"


def test_a_host_refuses_a_body_in_its_own_words() -> None:
    """A body that is larger than the host's limit is not read, and the host says so itself."""
    response = answered(b"more than ten bytes")
    assert (response.body, response.headers["refused"]) == (b"", "RequestEntityTooLarge")


def test_one_suffix_has_one_host() -> None:
    """A second host of the same suffix is refused: the order of services would decide who answers."""
    with pytest.raises(ValueError, match=r"a\.localhost has two virtual hosts"):
        VirtualHosts([host("a.localhost", "/_a"), host("a.localhost", "/_b")], ADDRESSES, Mock())
