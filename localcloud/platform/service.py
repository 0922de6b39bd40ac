"""The contract between the front door and the code that answers an AWS operation.

A group of operations is a class that names its service and marks one method for each operation. Several groups may
serve one service: training and hosting are both ``sagemaker``. ``localcloud.front_door.registry`` lists all groups.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, Protocol, TypeAlias, TypeVar

from localcloud.platform.errors import AwsError

if TYPE_CHECKING:
    from pathlib import Path

    from localcloud.platform.cloud import Cloud

Params: TypeAlias = dict[str, Any]
Handler: TypeAlias = Callable[["Call", Params], Params | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Who signed a request. ``arn`` is the IAM identity: the account's root, a user, or an assumed role's session.

    For an AWS service that assumes a role, ``arn`` is its principal (``glue.amazonaws.com``).
    """

    account_id: str
    access_key_id: str
    arn: str
    role_arn: str = ""
    """The role of a session."""
    user_id: str = ""
    service: str = ""
    source_arn: str = ""
    """The resource for which a service acts, such as a build project."""
    session_policy: str = ""
    """The JSON of the policy that limited the session when its role was assumed."""
    via: tuple[str, ...] = ()
    """The services that act for this caller (a forward access session), in the order in which they were called."""

    def forwarded_by(self, services: tuple[str, ...]) -> Caller:
        return replace(self, via=services)


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One API call."""

    service: str
    operation: str
    region: str
    caller: Caller
    request_id: str

    @property
    def account_id(self) -> str:
        return self.caller.account_id


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredBody:
    """A body that is too large for memory, in a file. Whoever takes the file over renames it."""

    path: Path
    size: int
    sha256: str
    md5: str


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpRequest:
    """A request to something that is not an AWS API: the GitHub stand-in, a webhook, an endpoint's invocation."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes
    stored: StoredBody | None = None
    """The body of a large object on its way to S3; ``body`` is empty then."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpResponse:
    status: int
    headers: dict[str, str]
    body: bytes = b""
    file: BinaryIO | None = None
    """What is sent in the place of ``body``, to its end; then it is closed."""
    more_headers: tuple[tuple[str, str], ...] = ()
    """Further headers, whose names may be in ``headers`` already: a second cookie."""

    def with_body(self, body: bytes) -> HttpResponse:
        """The same answer with another body, and without the length of the one that it had."""
        headers = {name: value for name, value in self.headers.items() if name.lower() != "content-length"}
        return replace(self, headers=headers, body=body)


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """The operation that the caller's policies must allow before a route answers."""

    service: str
    operation: str
    params: Params


def without_policies(_: HttpRequest) -> None:
    """Asks no policy: the route tells nothing, or its requests prove by themselves who sends them.

    Such a proof is the signature of a webhook, or the token that git sends.
    """


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """Who answers the paths under a prefix that are no operation of an AWS API. The longest prefix counts."""

    prefix: str
    """Starts with ``/_``, or is one of AWS's."""
    answer: Callable[[HttpRequest], Awaitable[HttpResponse]]
    authorize: Callable[[HttpRequest], Asked | None]
    """What the policies of the request's signer must allow; ``without_policies`` for nothing."""
    admit: Callable[[HttpRequest], bool] = lambda _: True
    """Whether a large body is read at all, decided on the request without it. Otherwise it is answered without it."""
    largest_bytes: int = 8 * 1024 * 1024
    """The largest body of a request."""


class Guard(Protocol):
    """What the front door knows of visitors. Both methods raise AwsError, in the words of the JSON services."""

    def signer(self, request: HttpRequest, service: str) -> Caller:
        """Who signed a request for this service."""

    def allow(self, request: HttpRequest, asked: Asked, caller: Caller | None) -> None:
        """Raises unless policies allow it: the caller's and the resource's, or for nobody (None) the resource's."""


class _AdmitsNobody:
    def signer(self, request: HttpRequest, service: str) -> Caller:
        del request
        raise AwsError("MissingAuthenticationTokenException", f"Nobody signs for {service} here.", status=403)

    def allow(self, request: HttpRequest, asked: Asked, caller: Caller | None) -> None:
        del request, caller
        raise AwsError("AccessDeniedException", f"{asked.service}:{asked.operation} is not allowed.", status=403)


_NOBODY = _AdmitsNobody()


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit:
    """A request to a virtual host, by its name or by the path that stands for it."""

    name: str
    """What stands before the host's suffix, such as an API's id; empty where the suffix is the whole name."""
    path: str
    """The path at the host, as it was sent: it begins with a slash."""
    base: str
    """What stands before ``path`` in the request's own path: empty, unless a path stands for the host."""
    request: HttpRequest
    """As it was sent, for whoever checks its signature. Its body is empty where ``refused`` says why."""
    headers: dict[str, str]
    """The request's, with AWS's addresses in the place of local ones (``localcloud.wire.addresses``)."""
    refused: AwsError | None = None
    """Why the front door did not read the body."""
    guard: Guard = _NOBODY


@dataclass(frozen=True, kw_only=True, slots=True)
class VirtualHost:
    """Who answers ``http://<name>.<suffix>:PORT/…`` and ``http://127.0.0.1:PORT<prefix>/<name>/…``.

    It decides by itself who may ask for what. The longest suffix counts.
    """

    suffix: str
    """Ends in ``localhost``, which browsers and curl resolve to this machine."""
    prefix: str
    """Begins with ``/_``: the path for clients that cannot resolve the name."""
    answer: Callable[[Visit], Awaitable[HttpResponse]]
    named: bool = True
    """Whether a name stands before the suffix. Otherwise the suffix is the host's name."""
    largest_bytes: int = 8 * 1024 * 1024
    """The largest body of a request."""


_F = TypeVar("_F", bound=Callable[..., Any])


def operation(name: str) -> Callable[[_F], _F]:
    """Marks the method that answers this AWS operation, in AWS's spelling (``StartBuild``)."""

    def mark(method: _F) -> _F:
        method.__aws_operation__ = name  # type: ignore[attr-defined]
        return method

    return mark


class Operations:
    """A group of operations of one AWS service. Its methods run on worker threads and may block."""

    #: botocore's name of the service, such as ``codebuild``.
    service: ClassVar[str]
    #: Operations that take as long as something else does, such as a function's run. They hold no other call's thread.
    waiting: ClassVar[frozenset[str]] = frozenset()
    #: Operations for callers without AWS credentials, as AWS's model of the service says. They prove by themselves who
    #: calls, such as by a password. No policy is asked.
    unsigned: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    @classmethod
    def operation_names(cls) -> dict[str, str]:
        """AWS operation name → method name."""
        marked = ((getattr(getattr(cls, name), "__aws_operation__", None), name) for name in dir(cls))
        return {aws_name: name for aws_name, name in marked if aws_name}

    def handlers(self) -> Iterator[tuple[str, Handler]]:
        for aws_name, name in self.operation_names().items():
            yield aws_name, getattr(self, name)

    def routes(self) -> list[Route]:
        """The paths that this group answers beside its operations."""
        return []

    def virtual_hosts(self) -> list[VirtualHost]:
        """The host names that this group answers, such as those of APIs."""
        return []

    def start(self) -> None:
        """Called once, when every group exists and before the first request."""

    def save(self) -> None:
        """Called once, after the last answer and before the last write: writes down what is in memory alone."""

    def stop(self) -> None:
        """Called once, when the local cloud goes down: ends what runs, and leaves no process behind."""
