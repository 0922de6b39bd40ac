"""What CloudFront keeps: distributions, access controls and policies. Each has a version, which a change must name."""

from __future__ import annotations

import secrets
import string
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError
from localcloud.services.cloudfront import managed

if TYPE_CHECKING:
    from localcloud.platform.store import Document, Store, Table

_ID_CHARACTERS = string.ascii_uppercase + string.digits


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """One kind of entity, whose documents are ``{"Id", "ETag", "LastModifiedTime", "config", …}``."""

    name: str
    """As in the errors: ``NoSuchDistribution``, ``CachePolicyAlreadyExists``."""
    table: Table

    def get(self, entity_id: str) -> Document:
        found = managed.find(self.name, entity_id) or self.table.get(entity_id)
        if found is None:
            raise AwsError(f"NoSuch{self.name}", f"The specified {self.name} {entity_id} does not exist.", status=404)
        return found

    def all(self) -> list[Document]:
        return [document for _, document in self.table.items()]

    def create(self, entity_id: str, config: dict[str, Any], **more: Any) -> Document:
        document = {"Id": entity_id, **more, **_version(config)}
        self.table.put(entity_id, document)
        return document

    def update(self, entity_id: str, config: dict[str, Any], if_match: str | None) -> Document:
        known = self._changeable(entity_id, if_match)
        document = known | _version(config)
        self.table.put(entity_id, document)
        return document

    def delete(self, entity_id: str, if_match: str | None) -> None:
        self._changeable(entity_id, if_match)
        self.table.delete(entity_id)

    def refuse_same_name(self, name: str, but: str = "") -> None:
        if any(known["config"]["Name"] == name and known["Id"] != but for known in self.all()):
            raise AwsError(f"{self.name}AlreadyExists", f"A {self.name} with the name {name} exists.", status=409)

    def _changeable(self, entity_id: str, if_match: str | None) -> Document:
        if managed.find(self.name, entity_id):
            raise AwsError("IllegalUpdate", f"{entity_id} is one of AWS's own and cannot be changed.")
        known = self.get(entity_id)
        if not if_match:
            raise AwsError("InvalidIfMatchVersion", "The If-Match version is missing or not valid for the resource.")
        if if_match != known["ETag"]:
            raise AwsError(
                "PreconditionFailed", "The request failed because it didn't meet the preconditions.", status=412
            )
        return known


class Entities:
    def __init__(self, store: Store) -> None:
        self.distributions = Kind(name="Distribution", table=store.table("cloudfront.distributions"))
        self.access_controls = Kind(name="OriginAccessControl", table=store.table("cloudfront.access_controls"))
        self.headers_policies = Kind(name="ResponseHeadersPolicy", table=store.table("cloudfront.headers_policies"))
        self.cache_policies = Kind(name="CachePolicy", table=store.table("cloudfront.cache_policies"))
        self.invalidations = store.table("cloudfront.invalidations")

    def at(self, label: str) -> Document | None:
        """The distribution whose domain name begins with this label."""
        domain = f"{label}.cloudfront.net"
        return next((each for each in self.distributions.all() if each["DomainName"] == domain), None)

    def users_of(self, entity_id: str) -> list[str]:
        """The distributions that name this access control or policy."""
        return [each["Id"] for each in self.distributions.all() if entity_id in _texts(each["config"])]


def new_id() -> str:
    """In the form of a distribution's: ``E`` and thirteen capitals or digits."""
    return "E" + "".join(secrets.choice(_ID_CHARACTERS) for _ in range(13))


def new_policy_id() -> str:
    return str(uuid.uuid4())


def _version(config: dict[str, Any]) -> Document:
    return {"config": config, "ETag": new_id(), "LastModifiedTime": datetime.now(UTC)}


def _texts(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {text for item in value.values() for text in _texts(item)}
    if isinstance(value, list):
        return {text for item in value for text in _texts(item)}
    return {value} if isinstance(value, str) else set()
