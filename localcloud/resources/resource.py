"""The contract between the deployment engine and resource types: one class for each type, with three verbs.

A verb calls the public API through ``ctx.client``, with the deployer's credentials, and returns when the resource is
as wanted. The type's schema says which properties need a replacement, and which attributes ``Fn::GetAtt`` knows. The
engine calls ``update`` only for changes that are possible in place.
"""

from __future__ import annotations

import abc
import secrets
import string
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from localcloud.resources.responses import Responses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: A resource's properties: the template's, with intrinsics resolved and the stack's tags added.
Properties = dict[str, Any]
#: The attributes for Fn::GetAtt: name (``Arn``, ``Endpoint.Address``) → value.
Attributes = dict[str, Any]

#: Between two polls: the first of them, the longest, and by how much each is longer than the one before.
_FIRST_PAUSE, _LONGEST_PAUSE, _LONGER = 0.05, 0.3, 1.3
_NAME_SUFFIX = 12

T = TypeVar("T")


class ResourceError(Exception):
    """A resource could not be made as wanted. The text becomes its ResourceStatusReason."""


class CancelledError(ResourceError):
    """The operation was stopped while it waited for the resource."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Created:
    physical_id: str
    """The value of ``Ref``."""
    attributes: Attributes = field(default_factory=dict)
    no_echo: bool = False
    """Whether nobody may see the attributes' values, in events or change sets."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """The context of a verb: the resource, its stack, and the authority."""

    stack_name: str
    stack_id: str
    logical_id: str
    account_id: str
    region: str
    partition: str = "aws"
    make_client: Callable[[str], Any]
    announce: Callable[[str], None] = lambda _: None
    cancelled: threading.Event = field(default_factory=threading.Event)
    responses: Responses = field(default_factory=lambda: Responses(""))
    """Where functions answer for custom resources."""
    time_scale: float = 1.0
    """AWS's waits are divided by this."""
    capabilities: tuple[str, ...] = ()
    """What the deployer has acknowledged for the stack."""

    def arn(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.account_id}:{resource}"

    def client(self, service: str) -> Any:
        """A boto3 client with the credentials of the deploying role, or of the caller where there is no role."""
        return self.make_client(service)

    def created(self, physical_id: str) -> None:
        """Announces that the resource exists, before ``create`` makes more calls for it.

        The engine shows the physical id from then on, and deletes the half-made resource if the rest fails.
        """
        self.announce(physical_id)

    def new_name(self, max_length: int, *, lower: bool = False, separator: str = "-") -> str:
        """A physical name in CloudFormation's form: ``<stack>-<logical id>-<12 random characters>``."""
        alphabet = string.ascii_lowercase + string.digits if lower else string.ascii_letters + string.digits
        suffix = "".join(secrets.choice(alphabet) for _ in range(_NAME_SUFFIX))
        room = max_length - _NAME_SUFFIX - 2 * len(separator)
        logical = self.logical_id[: max(room // 2, room - len(self.stack_name))]
        stack = self.stack_name[: room - len(logical)].rstrip("-")
        name = separator.join((stack.replace("-", separator), logical, suffix))
        return name.lower() if lower else name

    def wait(self, poll: Callable[[], T | None], *, timeout_seconds: float, what: str = "") -> T:
        """Calls ``poll`` until it returns something true, and returns that. ``poll`` raises ResourceError to give up.

        Raises ResourceError at the time-out, and CancelledError when the operation is stopped.
        """
        deadline = time.monotonic() + timeout_seconds
        pauses = _pauses()
        while True:
            found = poll()
            if found:
                return found
            if time.monotonic() >= deadline:
                raise ResourceError(
                    f"{what or self.logical_id} did not stabilize within {timeout_seconds:.0f} seconds."
                )
            if self.cancelled.wait(next(pauses)):
                raise CancelledError("Resource operation cancelled")


def _pauses() -> Iterator[float]:
    pause = _FIRST_PAUSE
    while True:
        yield pause
        pause = min(pause * _LONGER, _LONGEST_PAUSE)


class Resource(abc.ABC):
    """One CloudFormation type. Instances hold no state, for verbs run on any thread, several at once.

    Verbs raise ResourceError, or let botocore's ClientError pass. The engine turns that into CloudFormation's words.
    """

    #: The type's name in templates, such as ``AWS::S3::Bucket``.
    type_name: ClassVar[str]
    #: Whether an update may answer that it made another resource, which then replaces this one. Such a type is also
    #: asked to go back when an update is rolled back.
    makes_its_own_replacement: ClassVar[bool] = False
    #: Why a change that needs a replacement is refused; empty where it is not.
    cannot_be_replaced: ClassVar[str] = ""

    #: Whether every update of the stack asks the resource too, for its properties do not tell all that it is made of.
    asked_at_every_update: ClassVar[bool] = False

    @abc.abstractmethod
    def create(self, ctx: Context, properties: Properties) -> Created:
        """Makes the resource and waits until it can be used. ``ctx.new_name`` names it if the template does not."""

    @abc.abstractmethod
    def update(
        self, ctx: Context, physical_id: str, properties: Properties, previous: Properties
    ) -> Attributes | Created:
        """Changes the resource in place, from ``previous`` to ``properties``; returns all attributes.

        A type that ``makes_its_own_replacement`` returns the resource that there is now.
        """

    def restore(
        self, ctx: Context, physical_id: str, properties: Properties, previous: Properties, attributes: Attributes
    ) -> Attributes | Created:
        """Changes the resource back to ``properties`` and ``attributes``, after a failed update of its stack."""
        del attributes
        return self.update(ctx, physical_id, properties, previous)

    @abc.abstractmethod
    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        """Deletes the resource and waits until it is gone. A resource that is gone already is no error."""
