"""The XML documents of S3 that decide what a request may do: the objects to delete, and an object's tags.

They are read strictly, and written anew from what was read: an element twice, or at another place, is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from localcloud.platform.errors import AwsError

_OF_AN_OBJECT = frozenset({"Key", "VersionId", "ETag", "LastModifiedTime", "Size"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Deletions:
    """The body of DeleteObjects."""

    objects: tuple[dict[str, str], ...]
    quiet: str = ""

    def write(self, objects: list[dict[str, str]]) -> bytes:
        """The body for some of its objects."""
        items = "".join(f"<Object>{elements(item)}</Object>" for item in objects)
        return f"<Delete>{items}{elements({'Quiet': self.quiet} if self.quiet else {})}</Delete>".encode()


def deletions(body: bytes) -> Deletions:
    root = document(body)
    _require(root, "Delete")
    objects, quiet = [], ""
    for item in root:
        if _plain(item) == "Object":
            objects.append(_texts(item, _OF_AN_OBJECT))
        elif _plain(item) == "Quiet" and not quiet:
            quiet = item.text or ""
        else:
            raise _malformed(f"unexpected {_plain(item)}")
    if not objects or any(not item.get("Key") for item in objects):
        raise _malformed("an Object without a Key, or none at all")
    return Deletions(objects=tuple(objects), quiet=quiet)


def tags(body: bytes) -> dict[str, str]:
    """The tags in the body of PutObjectTagging."""
    root = document(body)
    _require(root, "Tagging")
    sets = list(root)
    if [_plain(item) for item in sets] != ["TagSet"]:
        raise _malformed("not one TagSet")
    found: dict[str, str] = {}
    for item in sets[0]:
        _require(item, "Tag")
        texts = _texts(item, frozenset({"Key", "Value"}))
        if texts.keys() != {"Key", "Value"}:
            raise _malformed("a Tag without Key or Value")
        if texts["Key"] in found:
            raise AwsError("InvalidTag", "Cannot provide multiple Tags with the same key")
        found[texts["Key"]] = texts["Value"]
    return found


def tagging(found: dict[str, str]) -> bytes:
    """The body of PutObjectTagging for these tags."""
    items = "".join(f"<Tag>{elements({'Key': key, 'Value': value})}</Tag>" for key, value in found.items())
    return f"<Tagging><TagSet>{items}</TagSet></Tagging>".encode()


def document(body: bytes) -> ET.Element:
    """The root element. Raises AwsError for what is no XML, and for XML that declares entities."""
    if b"<!" in body.replace(b"<!--", b"").replace(b"<![CDATA[", b""):
        raise _malformed("it has a document type")
    try:
        return ET.fromstring(body)  # noqa: S314  (without a document type there are no entities)
    except (ET.ParseError, ValueError, LookupError) as error:
        raise _malformed(str(error)) from error


def elements(values: dict[str, str]) -> str:
    return "".join(f"<{name}>{escape(value)}</{name}>" for name, value in values.items())


def _texts(item: ET.Element, known: frozenset[str]) -> dict[str, str]:
    """The texts of an element's children, each of which it may have once."""
    names = [_plain(child) for child in item]
    if len(set(names)) < len(names) or not known.issuperset(names) or any(len(child) for child in item):
        raise _malformed(f"unexpected {', '.join(names)}")
    return {_plain(child): child.text or "" for child in item}


def _require(item: ET.Element, name: str) -> None:
    if _plain(item) != name:
        raise _malformed(f"{_plain(item)} in the place of {name}")


def _plain(item: ET.Element) -> str:
    return item.tag.rpartition("}")[2]


def _malformed(why: str) -> AwsError:
    return AwsError(
        "MalformedXML",
        f"The XML you provided was not well-formed or did not validate against our published schema: {why}",
    )
