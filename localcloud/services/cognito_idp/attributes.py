"""The attributes of users: OpenID Connect's standard ones. What a pool's schema requires must be there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TEXTS = (
    *("name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture"),
    *("website", "email", "gender", "birthdate", "zoneinfo", "locale", "phone_number", "address"),
)
_FLAGS = ("email_verified", "phone_number_verified")
STANDARD = frozenset({"sub", *_TEXTS, *_FLAGS, "updated_at"})


def schema(given: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A pool's attributes, as DescribeUserPool shows them. Raises UnsupportedError for attributes of one's own."""
    said = {entry["Name"]: entry for entry in given}
    own = [name for name in said if name not in STANDARD]
    if own:
        raise UnsupportedError(f"cognito-idp: custom attributes ({', '.join(own)})")
    found = [_attribute("sub", "String", required=True, mutable=False)]
    for name in (*_TEXTS, *_FLAGS, "updated_at"):
        kind = "Boolean" if name in _FLAGS else "Number" if name == "updated_at" else "String"
        entry = said.get(name, {})
        required, mutable = bool(entry.get("Required", False)), bool(entry.get("Mutable", True))
        found.append(_attribute(name, kind, required=required, mutable=mutable))
    return found


def _attribute(name: str, kind: str, *, required: bool, mutable: bool) -> dict[str, Any]:
    return {
        "Name": name,
        "AttributeDataType": kind,
        "DeveloperOnlyAttribute": False,
        "Mutable": mutable,
        "Required": required,
    }


def read(given: Iterable[Mapping[str, str]], *, pool: Mapping[str, Any], creating: bool) -> dict[str, str]:
    """Name → value. Raises AwsError InvalidParameterException where they do not fit the pool's schema."""
    found = {entry["Name"]: entry.get("Value", "") for entry in given}
    by_name = {entry["Name"]: entry for entry in pool["SchemaAttributes"]}
    for name, value in found.items():
        entry = by_name.get(name)
        if entry is None:
            raise _does_not_conform(f"{name}: Attribute does not exist in the schema.")
        if name == "sub" or (not creating and not entry["Mutable"]):
            raise _does_not_conform(f"{name}: Attribute cannot be updated.")
        if entry["AttributeDataType"] == "Boolean" and value not in ("true", "false"):
            raise _does_not_conform(f"{name}: The attribute {name} must be true or false")
        if name == "email" and value and not _is_email(value):
            raise AwsError("InvalidParameterException", "Invalid email address format.")
    lacking = [name for name, entry in by_name.items() if entry["Required"] and name != "sub" and not found.get(name)]
    if creating and lacking:
        raise _does_not_conform("".join(f"{name}: The attribute {name} is required\n" for name in lacking))
    return found


def shown(attributes: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in attributes.items()]


def _is_email(text: str) -> bool:
    local, at, domain = text.partition("@")
    return bool(local and at and domain) and "@" not in domain and not any(each.isspace() for each in text)


def _does_not_conform(problem: str) -> AwsError:
    return AwsError("InvalidParameterException", f"Attributes did not conform to the schema: {problem}")
