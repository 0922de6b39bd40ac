"""The contract between the deployment engine and what it deploys: one class for each CloudFormation type, three verbs.

A verb speaks to the public API through ``ctx.client``, with the credentials of whoever deploys, and returns when the
resource is as asked for. What may be changed in place, what needs a replacement, and what ``Fn::GetAtt`` may ask are
not said here: the type's schema says it, and the engine calls ``update`` only for what can be changed in place.
"""

from __future__ import annotations

import abc
import secrets
import string
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

#: A resource's properties as the template has them, every intrinsic resolved, the stack's tags among its own.
Properties = dict[str, Any]
#: What Fn::GetAtt answers: attribute name (``Arn``, ``Endpoint.Address``) → value.
Attributes = dict[str, Any]

POLL_SECONDS = 0.1
_NAME_SUFFIX = 12

T = TypeVar("T")


class ResourceError(Exception):
    """A resource could not be made as asked for; the text becomes its ResourceStatusReason."""


class CancelledError(ResourceError):
    """The operation was stopped while the resource was waited for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Created:
    physical_id: str
    """What ``Ref`` answers."""
    attributes: Attributes = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """Where a verb runs: for which resource of which stack, with whose authority."""

    stack_name: str
    stack_id: str
    logical_id: str
    account_id: str
    region: str
    partition: str = "aws"
    make_client: Callable[[str], Any]
    announce: Callable[[str], None] = lambda _: None
    cancelled: threading.Event = field(default_factory=threading.Event)

    def arn(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.account_id}:{resource}"

    def client(self, service: str) -> Any:
        """A boto3 client with the credentials of the deploying role, or of the caller where no role was given."""
        return self.make_client(service)

    def created(self, physical_id: str) -> None:
        """Say that the resource exists now, before more is done to it.

        ``create`` calls it where it takes more than one call: the engine shows the physical id, and deletes the
        half-made resource should the rest fail.
        """
        self.announce(physical_id)

    def new_name(self, max_length: int, *, lower: bool = False, separator: str = "-") -> str:
        """A physical name as CloudFormation makes them: ``<stack>-<logical id>-<12 random characters>``."""
        alphabet = string.ascii_lowercase + string.digits if lower else string.ascii_letters + string.digits
        suffix = "".join(secrets.choice(alphabet) for _ in range(_NAME_SUFFIX))
        room = max_length - _NAME_SUFFIX - 2 * len(separator)
        logical = self.logical_id[: max(room // 2, room - len(self.stack_name))]
        stack = self.stack_name[: room - len(logical)].rstrip("-")
        name = separator.join((stack.replace("-", separator), logical, suffix))
        return name.lower() if lower else name

    def wait(self, poll: Callable[[], T | None], *, timeout_seconds: float, what: str = "") -> T:
        """Ask until ``poll`` answers something true, and return that; it raises ResourceError where it never will.

        Raises ResourceError at the time-out, and CancelledError as soon as the operation is stopped.
        """
        deadline = time.monotonic() + timeout_seconds
        while True:
            found = poll()
            if found:
                return found
            if time.monotonic() >= deadline:
                raise ResourceError(
                    f"{what or self.logical_id} did not stabilize within {timeout_seconds:.0f} seconds."
                )
            if self.cancelled.wait(POLL_SECONDS):
                raise CancelledError("Resource operation cancelled")


class Resource(abc.ABC):
    """One CloudFormation type. Instances hold no state: a verb may run on any thread, several at once.

    Verbs raise ResourceError, or let botocore's ClientError pass: the engine words it as CloudFormation does.
    """

    #: The type's name in templates, such as ``AWS::S3::Bucket``.
    type_name: ClassVar[str]

    @abc.abstractmethod
    def create(self, ctx: Context, properties: Properties) -> Created:
        """Make it and wait until it can be used. Where the template gives no name, ``ctx.new_name`` does."""

    @abc.abstractmethod
    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        """Make what ``properties`` ask for of what ``previous`` asked for, in place; returns all attributes."""

    @abc.abstractmethod
    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        """End it and wait until it is gone. What is gone already is no error."""
