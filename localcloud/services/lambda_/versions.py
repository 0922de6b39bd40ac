"""Published versions of functions, the aliases that point to them, and what a call's name stands for."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError
from localcloud.services.lambda_.functions import touched
from localcloud.services.lambda_.names import LATEST, Reference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document, Table
    from localcloud.services.lambda_.functions import Functions

#: Parts of a configuration that say nothing of what the function does.
_CIRCUMSTANCES = frozenset({"FunctionArn", "Version", "RevisionId", "LastModified"})
_STATES = ("State", "LastUpdateStatus")
PENDING = {"State": "Pending", "StateReason": "The function is being created.", "StateReasonCode": "Creating"}
_STALE = (
    "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve "
    "the latest Revision Id"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """What an invocation runs."""

    reference: Reference
    """As the caller named it."""
    invoked_arn: str
    """As the function's context shows it."""
    configuration: Document
    reserved: int | None
    """The function's reserved concurrency."""
    weighted: bool = False
    """Whether an alias chose between two versions."""

    @property
    def name(self) -> str:
        return self.reference.name

    @property
    def version(self) -> str:
        found: str = self.configuration["Version"]
        return found


class Versions:
    """Versions and aliases by ``<function>:<qualifier>``. Like a function, each has a policy and settings of its own.

    A version's document keeps ``content``: what the function was when it was published.
    """

    def __init__(self, cloud: Cloud, functions: Functions) -> None:
        self._functions = functions
        self.published = cloud.store.table("lambda.versions")
        self.aliases = cloud.store.table("lambda.aliases")
        #: Function → its last version. As on AWS no number comes again, even after the function was deleted.
        self._numbers = cloud.store.table("lambda.version_numbers")
        self._publishing = threading.Lock()

    def publish(
        self, name: str, *, description: str | None = None, code_sha256: str | None = None, ready: bool = True
    ) -> Document:
        """The configuration of a new version, or of the last one where the function has not changed since.

        Without ``ready`` the version is Pending until the function's own change ends (:meth:`finish`).
        """
        with self._publishing:
            latest = self._functions.get(name)["configuration"]
            if ready:
                require_ready(latest)
            if code_sha256 not in (None, latest["CodeSha256"]):
                raise AwsError(
                    "InvalidParameterValueException",
                    f"CodeSHA256 ({code_sha256}) is different from current CodeSHA256 in $LATEST "
                    f"({latest['CodeSha256']}). Please try again with the CodeSHA256 in $LATEST.",
                )
            last = int((self._numbers.get(name) or {}).get("last", 0))
            before = self.published.get(f"{name}:{last}")
            if before is not None and before["content"] == content(latest):
                found: Document = before["configuration"]
                return found
            version = Reference(name, str(last + 1))
            configuration = {**latest, "FunctionArn": self._functions.arn(str(version)), "Version": version.qualifier}
            if description is not None:
                configuration["Description"] = description
            if not ready:
                configuration |= PENDING
            touched(configuration)
            # The number first: a crash between the two leaves a gap, and no number twice.
            self._numbers.put(name, {"last": last + 1})
            self.published.put(str(version), {"configuration": configuration, "content": content(latest)})
            self._functions.update(name, lambda function: touched(function["configuration"]))
            return configuration

    def place(self, reference: Reference) -> tuple[Table, str]:
        """Where the document of what is named stands. Raises AwsError where there is none."""
        table, key = self._place(reference)
        if key not in table or reference.name not in self._functions.table:
            arn = self._functions.arn(str(reference))
            what = "Cannot find alias arn" if reference.is_alias else "Function not found"
            raise AwsError("ResourceNotFoundException", f"{what}: {arn}", status=404)
        return table, key

    def document(self, reference: Reference) -> Document:
        """The document of a function, a version or an alias, with its policy and settings."""
        table, key = self.place(reference)
        found = table.get(key)
        if found is None:  # deleted since
            raise _not_found(self._functions.arn(str(reference)))
        return found

    def known(self, reference: Reference) -> Document | None:
        """As :meth:`document`; None where there is none."""
        table, key = self._place(reference)
        return table.get(key) if reference.name in self._functions.table else None

    def _place(self, reference: Reference) -> tuple[Table, str]:
        """Where the document stands if there is one."""
        if reference.is_latest:
            return self._functions.table, reference.name
        return self.aliases if reference.is_alias else self.published, str(reference)

    def update(self, reference: Reference, change: Callable[[Document], None]) -> Document:
        table, key = self.place(reference)
        return table.update(key, change)

    def configuration(self, reference: Reference) -> Document:
        """The configuration of what is named, with the ARN that names it. An alias has its version's."""
        table, key = self._functions.table, reference.name
        if not reference.is_latest:
            version = self._version_of_alias(reference) if reference.is_alias else reference.qualifier
            table, key = self.published, f"{reference.name}:{version}"
        found = table.get(key)
        if found is None or reference.name not in self._functions.table:
            raise _not_found(self._functions.arn(str(reference)))
        return {**found["configuration"], "FunctionArn": self._functions.arn(str(reference))}

    def target(self, reference: Reference) -> Target:
        """What an invocation runs now. An alias with weights draws the version."""
        function = self._functions.table.get(reference.name)
        if function is None:
            raise _not_found(self._functions.arn(str(reference)))
        chosen, weighted = reference, False
        if reference.is_alias:
            version, weighted = self._drawn(reference)
            chosen = Reference(reference.name, version)
        found = function if chosen.is_latest else self.published.get(str(chosen))
        if found is None:
            raise _not_found(self._functions.arn(str(chosen)))
        return Target(
            reference=reference,
            invoked_arn=self._functions.arn(str(reference)),
            configuration=found["configuration"],
            reserved=function.get("concurrency"),
            weighted=weighted,
        )

    def current(self, version: str) -> Document | None:
        """The configuration of ``<function>:<version>``; None where it is gone."""
        name, _, number = version.partition(":")
        found = self._functions.table.get(name) if number == LATEST else self.published.get(version)
        return found["configuration"] if found else None

    def versions_of(self, name: str) -> list[Document]:
        """The configurations of a function's published versions, oldest first."""
        found = [document["configuration"] for _, document in self.published.items(f"{name}:")]
        return sorted(found, key=lambda configuration: int(configuration["Version"]))

    def aliases_of(self, name: str) -> list[Document]:
        return [document["alias"] for _, document in self.aliases.items(f"{name}:")]

    def pointing_to(self, name: str, version: str) -> list[str]:
        """The aliases that send invocations to a version."""
        return [alias["Name"] for alias in self.aliases_of(name) if version in versions_in(alias)]

    def all(self) -> Iterator[tuple[str, Document]]:
        """Every version and alias with its key."""
        yield from self.published.items()
        yield from self.aliases.items()

    def finish(self, name: str, end: Callable[[Document], None]) -> None:
        """Changes the configurations of versions that were published before the function was ready."""
        for configuration in self.versions_of(name):
            if configuration["State"] == "Pending":
                self.published.update(
                    f"{name}:{configuration['Version']}", lambda document: end(document["configuration"])
                )

    def delete_version(self, reference: Reference) -> None:
        """Deletes a version and its code, unless an alias points to it. One that is gone already is no error."""
        self._functions.get(reference.name)
        pointing = self.pointing_to(reference.name, reference.qualifier)
        if pointing:
            raise AwsError(
                "ResourceConflictException",
                f"Unable to delete version because the following aliases reference it: [{', '.join(pointing)}]",
                status=409,
            )
        found = self.published.get(str(reference))
        if found is not None:
            self.published.delete(str(reference))
            self.forget_unused(found["configuration"]["CodeSha256"])

    def delete_all(self, name: str) -> None:
        """Deletes the aliases and versions of a function that is gone."""
        archives = {configuration["CodeSha256"] for configuration in self.versions_of(name)}
        for table in (self.aliases, self.published):
            for key, _ in table.items(f"{name}:"):
                table.delete(key)
        for code_sha256 in archives:
            self.forget_unused(code_sha256)

    def forget_unused(self, code_sha256: str) -> None:
        """Deletes an archive that neither a function nor a version uses."""
        with self._publishing:
            used = (document["configuration"]["CodeSha256"] for _, document in self.published.items())
            if code_sha256 not in used:
                self._functions.forget_unused(code_sha256)

    def _version_of_alias(self, reference: Reference) -> str:
        alias = self.aliases.get(str(reference))
        if alias is None:
            raise _not_found(self._functions.arn(str(reference)))
        version: str = alias["alias"]["FunctionVersion"]
        return version

    def _drawn(self, reference: Reference) -> tuple[str, bool]:
        found = self.aliases.get(str(reference))
        if found is None:
            raise _not_found(self._functions.arn(str(reference)))
        alias = found["alias"]
        weights = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
        for version, weight in weights.items():
            if random.random() < weight:  # noqa: S311  (a share of traffic, not a secret)
                return version, True
        return alias["FunctionVersion"], bool(weights)


def content(configuration: Document) -> Document:
    """What a configuration says of the function itself. Where it is equal, so is the function."""
    return {
        name: value
        for name, value in configuration.items()
        if name not in _CIRCUMSTANCES and not name.startswith(_STATES)
    }


def versions_in(alias: Document) -> list[str]:
    """The versions to which an alias sends invocations."""
    return [alias["FunctionVersion"], *alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})]


def require_ready(configuration: Document) -> None:
    """Raises AwsError while a function is made ready, after its creation or a change."""
    if configuration["State"] == "Pending" or configuration.get("LastUpdateStatus") == "InProgress":
        raise AwsError(
            "ResourceConflictException",
            "The operation cannot be performed at this time. An update is in progress for resource: "
            f"{configuration['FunctionArn']}",
            status=409,
        )


def require_revision(given: str | None, document: Document) -> None:
    """``document``: a configuration, an alias, or a layer's version, which begins without a revision.

    Raises AwsError where it has changed since the caller read it.
    """
    if given not in (None, document.get("RevisionId")):
        raise AwsError("PreconditionFailedException", _STALE, status=412)


def _not_found(arn: str) -> AwsError:
    return AwsError("ResourceNotFoundException", f"Function not found: {arn}", status=404)
