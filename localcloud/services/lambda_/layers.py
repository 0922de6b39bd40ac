"""Layers: archives that functions share, each version as it was published.

A version that was deleted stays, hidden, as long as a function or one of its versions uses it: as on AWS, they go on.
"""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.services.lambda_.archives import Archives
from localcloud.services.lambda_.code import LARGEST_UNPACKED_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from localcloud.platform.cloud import Cloud
    from localcloud.platform.service import Params
    from localcloud.platform.store import Document

#: AWS's limits for a function with its layers.
_MOST_LAYERS = 5
_NAME = re.compile(r"(arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:layer:)?([A-Za-z0-9-_]{1,140})")
_VERSION_ARN = re.compile(r"arn:aws[a-z-]*:lambda:([a-z0-9-]+):(\d{12}):layer:([A-Za-z0-9-_]+):(\d+)")


class Layers:
    """Versions by ``<layer>:<version>``: what the API describes, and whether it was ``deleted``."""

    def __init__(self, cloud: Cloud) -> None:
        self._table = cloud.store.table("lambda.layers")
        #: Layer → its last version. No number comes again, even after the version was deleted.
        self._numbers = cloud.store.table("lambda.layer_numbers")
        self._publishing = threading.Lock()
        self._cloud = cloud
        self.archives = Archives(cloud.settings.home / "state" / "lambda-layers")

    def arn(self, named: str) -> str:
        """The ARN of a layer, or of ``<layer>:<version>``."""
        return self._cloud.arn("lambda", f"layer:{named}")

    def name_in(self, given: str) -> str:
        """A layer's name, which comes as itself or in an ARN. Raises UnsupportedError for an ARN of another place."""
        match = _NAME.fullmatch(given)
        if match is None:
            raise AwsError(
                "ValidationException", f"{given!r} names no layer: give its name, such as fonts, or its ARN."
            )
        if match[1] and given != self.arn(match[2]):
            raise UnsupportedError(f"lambda: layers of other accounts and regions ({given})")
        return match[2]

    def version_in(self, arn: str) -> tuple[str, int]:
        """Layer and number in the ARN of a version that is here. Raises UnsupportedError for one of another place."""
        *_, number = version_in(arn)
        return self.name_in(arn.rpartition(":")[0]), number

    def publish(self, name: str, content: bytes, described: Params) -> Document:
        """``described``: what the version says of itself besides."""
        with self._publishing:
            number = int((self._numbers.get(name) or {}).get("last", 0)) + 1
            document = {
                **self.archives.keep(content),
                **described,
                "LayerArn": self.arn(name),
                "LayerVersionArn": self.arn(f"{name}:{number}"),
                "Version": number,
                "CreatedDate": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000",
            }
            # The number first: a crash between the two leaves a gap, and no number twice.
            self._numbers.put(name, {"last": number})
            self._table.put(f"{name}:{number}", document)
            return document

    def find(self, name: str, number: int) -> Document | None:
        found = self._table.get(f"{name}:{number}")
        return None if found is None or found.get("deleted") else found

    def update(self, name: str, number: int, change: Callable[[Document], None]) -> Document:
        """``name`` and ``number`` are those of a version that :meth:`find` found."""
        return self._table.update(f"{name}:{number}", change)

    def versions_of(self, name: str) -> list[Document]:
        """Latest first."""
        found = [document for _, document in self._table.items(f"{name}:") if not document.get("deleted")]
        return sorted(found, key=lambda document: -int(document["Version"]))

    def names(self) -> list[str]:
        return sorted({key.partition(":")[0] for key, document in self._table.items() if not document.get("deleted")})

    def delete(self, name: str, number: int, configurations: Iterable[Document]) -> None:
        """One that is gone already is no error. ``configurations``: those that may use it still."""
        if f"{name}:{number}" in self._table:
            self._table.update(f"{name}:{number}", lambda document: document.update(deleted=True))
            self.forget_unused(configurations)

    def forget_unused(self, configurations: Iterable[Document]) -> None:
        """Drops the deleted versions that none of these configurations use, and archives that no version has."""
        with self._publishing:
            dropped = [(key, document) for key, document in self._table.items() if document.get("deleted")]
            used = {layer["Arn"] for each in configurations for layer in each.get("Layers", [])} if dropped else set()
            for key, document in dropped:
                if document["LayerVersionArn"] not in used:
                    self._table.delete(key)
                    self._forget_archive(document["CodeSha256"])

    def _forget_archive(self, code_sha256: str) -> None:
        if all(document["CodeSha256"] != code_sha256 for _, document in self._table.items()):
            self.archives.delete(code_sha256)

    def of_function(self, arns: list[str], kept: Iterable[Document], code_bytes: int) -> list[dict[str, Any]]:
        """The member ``Layers`` of a configuration; raises AwsError for layers that AWS refuses.

        ``kept``: the layers that the function has. It keeps them, even if they were deleted. ``code_bytes``: the size
        of its own code, unpacked.
        """
        if len(arns) > _MOST_LAYERS:
            raise _invalid(f"Cannot reference more than {_MOST_LAYERS} layers.")
        had = {layer["Arn"] for layer in kept}
        found = [self._named(arn, had) for arn in arns]
        first: dict[str, str] = {}
        for document in found:
            arn, layer = document["LayerVersionArn"], document["LayerArn"]
            if layer in first:
                raise _invalid(
                    "Two different versions of the same layer are not allowed to be referenced in the same function. "
                    f"{first[layer]} and {arn} are versions of the same layer."
                )
            first[layer] = arn
        size = code_bytes + sum(self.archives.unpacked_bytes(document["CodeSha256"]) for document in found)
        if found and size > LARGEST_UNPACKED_BYTES:
            raise _invalid(
                "Function code combined with layers exceeds the maximum allowed size of "
                f"{LARGEST_UNPACKED_BYTES} bytes. The actual size is {size} bytes."
            )
        return [{"Arn": each["LayerVersionArn"], "CodeSize": each["CodeSize"]} for each in found]

    def hashes(self, configuration: Document) -> Iterator[str]:
        """The hashes of a function's layers, in their order."""
        for layer in configuration.get("Layers", []):
            document = self._table.get(layer["Arn"].partition(":layer:")[2])
            if document is None:
                raise AwsError("ResourceNotFoundException", f"Layer version {layer['Arn']} is gone.", status=404)
            yield document["CodeSha256"]

    def _named(self, arn: str, had: set[str]) -> Document:
        region, account, name, number = version_in(arn)
        here = self._cloud.settings
        if region != here.region:
            raise _invalid(
                f"Layers are not in the same region as the function. Layers are expected to be in region {here.region}."
            )
        if account != here.account_id:
            raise UnsupportedError(f"lambda: layers of other accounts ({arn})")
        document = self._table.get(f"{name}:{number}")
        if document is None or (document.get("deleted") and arn not in had):
            raise _invalid(f"Layer version {arn} does not exist.")
        return document


def version_in(arn: str) -> tuple[str, str, str, int]:
    """Region, account, layer and number in a version's ARN. Raises AwsError where it is none."""
    match = _VERSION_ARN.fullmatch(arn)
    if match is None:
        raise AwsError("ValidationException", f"{arn!r} is not the ARN of a layer's version.")
    region, account, name, number = match.groups()
    return region, account, name, int(number)


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message)
