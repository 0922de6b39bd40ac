"""AWS's limits of templates, and those without which a small template could fill memory or take for ever.

Source: "AWS CloudFormation quotas" of its user guide.
"""

from __future__ import annotations

from typing import Any

from localcloud.platform.errors import AwsError

INLINE_BYTES = 51_200
STORED_BYTES = 1_048_576
STACK_POLICY_BYTES = 16_384
PARAMETER_CHARACTERS = 4096
CIDR_COUNT = 256
_DESCRIPTION_BYTES = 1024
_NAME_CHARACTERS = 255
_MOST = {"Resources": 500, "Parameters": 200, "Outputs": 200, "Mappings": 200}
_MAPPING_ATTRIBUTES = 200
#: Deeper than any document that AWS's services take.
_DEEPEST = 100
#: What all functions of one deployment may write together: a hundred times the largest template.
WRITTEN_CHARACTERS = 100 * STORED_BYTES


def error(message: str) -> AwsError:
    return AwsError("ValidationError", message)


def check_text(text: str, most: int, what: str) -> None:
    """Raises AwsError for a template or policy that is too long for the way in which it came."""
    size = len(text.encode("utf-8", "replace"))
    if size > most:
        raise error(
            f"1 validation error detected: Value at '{what}' failed to satisfy constraint: Member must have length "
            f"less than or equal to {most}; it has {size} bytes"
        )


def check_depth(document: Any) -> None:
    """Raises AwsError for a document that is nested too deep. Does not descend itself."""
    level, depth = [document], 0
    while level:
        depth += 1
        if depth > _DEEPEST:
            raise error(f"Template format error: The template is nested deeper than {_DEEPEST} levels.")
        found: list[Any] = []
        for value in level:
            found += value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        level = found


def check_sections(document: dict[str, Any]) -> None:
    """Raises AwsError for sections of more members, or longer names, than AWS takes, and for members of other types."""
    description = document.get("Description", "")
    if not isinstance(description, str) or len(description.encode("utf-8", "replace")) > _DESCRIPTION_BYTES:
        raise error(f"Template format error: 'Description' must be a string of up to {_DESCRIPTION_BYTES} bytes.")
    for section in _MOST:
        members = document.get(section) or {}
        check_count(section, len(members))
        for name, member in members.items():
            if len(str(name)) > _NAME_CHARACTERS:
                raise error(f"Template format error: {section} name {str(name)[:40]}… is too long.")
            if not isinstance(member, dict):
                if section == "Mappings":
                    raise error(f"Template format error: Every Mappings member {name} must be a map")
                raise error(f"Template format error: [/{section}/{name}] Every {section} member must be an object.")
    _check_members(document)


def check_count(section: str, count: int) -> None:
    """Raises AwsError for more members than AWS takes in a section."""
    if count > _MOST[section]:
        kind = section.lower()
        raise error(
            f"Template format error: Number of {kind}, {count}, is greater than maximum allowed, {_MOST[section]}"
        )


def _check_members(document: dict[str, Any]) -> None:
    for name, mapping in (document.get("Mappings") or {}).items():
        if len(mapping) > _MAPPING_ATTRIBUTES:
            raise error(f"Template format error: Mappings {name} has more than {_MAPPING_ATTRIBUTES} keys.")
    for name, output in (document.get("Outputs") or {}).items():
        if "Value" not in output:
            raise error(f"Template format error: Output {name} is malformed. It has no Value.")
