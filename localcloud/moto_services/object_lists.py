"""Lists of a bucket's objects by pages: a page costs what it holds, and not what the bucket holds.

moto walks through all objects of the bucket for each page, copies them for a list of versions, and numbers the pages in
a table that it keeps. Here the names of a bucket are kept in order beside moto's own table of objects.
"""

from __future__ import annotations

import base64
import binascii
import types
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The attribute of moto's table of objects that has its names in order. It is made when it is first asked for.
IN_ORDER = "_names_in_order"

#: AWS's: no page holds more, whatever is asked for.
MOST_KEYS = 1000


class Page(NamedTuple):
    """``entries`` are objects, and the texts of common prefixes; ``last`` is the last one's name if more follow."""

    entries: list[Any]
    last: str | None


def list_by_pages() -> None:
    """Replaces moto's lists."""
    from moto.s3.models import FakeKey, S3Backend

    _keep_names_in_order()
    _list_versions_of_a_page()

    def list_objects(_: S3Backend, bucket: Any, prefix: Any, delimiter: Any, marker: Any, max_keys: Any) -> Any:
        found = page(_objects(bucket), prefix or "", delimiter, marker, max_keys)
        keys = [each for each in found.entries if isinstance(each, FakeKey)]
        folders = [each for each in found.entries if isinstance(each, str)]
        return keys, folders, found.last is not None, found.last if delimiter else None

    def list_objects_v2(
        _: S3Backend, bucket: Any, prefix: Any, delimiter: Any, continuation_token: Any, start_after: Any, max_keys: Any
    ) -> Any:
        after = name_of(continuation_token) if continuation_token else start_after
        found = page(_objects(bucket), prefix or "", delimiter, after, max_keys)
        return found.entries, found.last is not None, None if found.last is None else token_of(found.last)

    S3Backend.list_objects = list_objects  # type: ignore[assignment,method-assign]
    S3Backend.list_objects_v2 = list_objects_v2  # type: ignore[assignment,method-assign]


def page(objects: Any, prefix: str, delimiter: str | None, after: str | None, at_most: int) -> Page:
    """The objects under the prefix whose names follow ``after``, those with the delimiter as common prefixes."""
    entries: list[Any] = []
    if at_most == 0:
        return Page(entries, None)
    last = None
    for name, entry in _entries(objects, prefix, delimiter, after or ""):
        if len(entries) == min(at_most, MOST_KEYS):
            return Page(entries, last)
        entries.append(entry)
        last = name
    return Page(entries, None)


def token_of(name: str) -> str:
    """A continuation token: it says by itself where the next page begins, and so outlives a restart."""
    return base64.urlsafe_b64encode(name.encode()).decode()


def name_of(token: str) -> str:
    """Raises moto's InvalidContinuationToken for what is none."""
    from moto.s3.exceptions import InvalidContinuationToken

    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError):
        raise InvalidContinuationToken from None


def names_in_order(objects: Any) -> list[str]:
    found: list[str] | None = vars(objects).get(IN_ORDER)
    if found is None:
        found = sorted(objects)
        setattr(objects, IN_ORDER, found)
    return found


def _entries(objects: Any, prefix: str, delimiter: str | None, after: str) -> Iterator[tuple[str, Any]]:
    from moto.s3.models import FakeKey

    names = names_in_order(objects)
    at = max(bisect_left(names, prefix), bisect_right(names, after) if after else 0)
    while at < len(names) and names[at].startswith(prefix):
        name = names[at]
        cut = name.find(delimiter, len(prefix)) if delimiter else -1
        if delimiter is None or cut < 0:
            at += 1
            if isinstance(objects[name], FakeKey):
                yield name, objects[name]
            continue
        folder = name[: cut + len(delimiter)]
        begun, at = at, _bounds(names, folder)[1]
        # Delete markers are no objects: Spark would read a folder of a task that has failed.
        if folder != after and any(isinstance(objects[each], FakeKey) for each in names[begun:at]):
            yield folder, folder


def _objects(bucket: Any) -> Any:
    from moto.s3.exceptions import MethodNotAllowed
    from moto.s3.models import FakeTableStorageBucket

    if isinstance(bucket, FakeTableStorageBucket):
        raise MethodNotAllowed
    return bucket.keys


def _keep_names_in_order() -> None:
    """Lets moto's table of objects put each new name in its place, and take it out with its object."""
    from moto.s3.utils import _VersionedKeyStore

    set_item, set_list, pop = _VersionedKeyStore.__setitem__, _VersionedKeyStore.setlist, _VersionedKeyStore.pop

    def keep(objects: Any, name: str) -> None:
        names = vars(objects).get(IN_ORDER)
        if names is None:
            return
        at = bisect_left(names, name)
        known, there = names[at : at + 1] == [name], name in objects
        if there and not known:
            names.insert(at, name)
        elif known and not there:
            del names[at]

    def kept_set_item(self: Any, key: str, value: Any) -> None:
        set_item(self, key, value)
        keep(self, key)

    def kept_set_list(self: Any, key: str, list_: Any) -> None:
        set_list(self, key, list_)
        keep(self, key)

    def kept_pop(self: Any, key: str) -> None:
        pop(self, key)
        keep(self, key)

    _VersionedKeyStore.__setitem__ = kept_set_item  # type: ignore[method-assign]
    _VersionedKeyStore.setlist = kept_set_list  # type: ignore[method-assign]
    _VersionedKeyStore.pop = kept_pop  # type: ignore[method-assign]


def _list_versions_of_a_page() -> None:
    """Lets moto see, of a bucket whose versions it lists, the names alone that may be on this page.

    So it also begins where AWS does: behind the name of the marker, whether or not there is such a name. Behind one of
    its versions, moto has to find that version.
    """
    from moto.s3.models import S3Backend
    from moto.s3.utils import _VersionedKeyStore

    listed = S3Backend.list_object_versions

    def list_object_versions(
        self: S3Backend,
        bucket_name: str,
        delimiter: str | None = None,
        key_marker: str | None = None,
        max_keys: int | None = MOST_KEYS,
        prefix: str = "",
        version_id_marker: str | None = None,
    ) -> Any:
        objects = self.get_bucket(bucket_name).keys
        names = names_in_order(objects)
        begin, end = _bounds(names, prefix)
        if key_marker and key_marker >= prefix:
            begin = max(begin, _behind(names, key_marker, delimiter, version_id_marker))
        if max_keys is not None and not delimiter:
            # A name has a version or more: so many names reach beyond the page, and behind the marker's own.
            end = min(end, begin + max_keys + 2)
        there = _VersionedKeyStore()
        for name in names[begin:end]:
            there.setlist(name, objects.getlist(name))
        few: Any = types.SimpleNamespace(get_bucket=lambda _: types.SimpleNamespace(keys=there))
        marker = (key_marker, version_id_marker) if key_marker and version_id_marker else (None, None)
        return listed(few, bucket_name, delimiter, marker[0], max_keys, prefix, marker[1])

    S3Backend.list_object_versions = list_object_versions  # type: ignore[method-assign]


def _bounds(names: list[str], prefix: str) -> tuple[int, int]:
    """Where the names with this prefix begin and end."""
    begin = bisect_left(names, prefix)
    return begin, bisect_right(names, prefix, lo=begin, key=lambda each: each[: len(prefix)])


def _behind(names: list[str], marker: str, delimiter: str | None, version: str | None) -> int:
    """Where the names behind the marker begin: an object's, whose other versions may follow, or a common prefix's."""
    if version:
        return bisect_left(names, marker)
    return _bounds(names, marker)[1] if delimiter and marker.endswith(delimiter) else bisect_right(names, marker)
