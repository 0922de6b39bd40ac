"""Lists of objects, against what AWS's rules say of the whole bucket."""

from __future__ import annotations

import random
from typing import Any

import pytest
from moto.s3.exceptions import InvalidContinuationToken
from moto.s3.models import FakeDeleteMarker, FakeKey
from moto.s3.utils import _VersionedKeyStore

from localcloud.moto_services import object_lists
from localcloud.moto_services.object_lists import name_of, names_in_order, page, token_of


@pytest.fixture(scope="module", autouse=True)
def _kept_in_order() -> None:
    object_lists._keep_names_in_order()


def bucket_of(*names: str, deleted: tuple[str, ...] = ()) -> Any:
    objects = _VersionedKeyStore()
    for name in (*names, *deleted):
        objects.setlist(name, [FakeKey(name=name, value=b"", account_id="1", region_name="us-east-1")])
    for name in deleted:
        objects[name] = FakeDeleteMarker(key=objects[name])
    return objects


def listed(objects: Any, prefix: str, delimiter: str | None, size: int) -> list[list[str]]:
    """All pages, each begun behind the last entry of the one before."""
    pages, after = [], None
    while True:
        found = page(objects, prefix, delimiter, after, size)
        pages.append([each if isinstance(each, str) else each.name for each in found.entries])
        after = found.last
        if after is None:
            return pages


def rolled_up(names: list[str], prefix: str, delimiter: str | None) -> list[str]:
    """By the rule's own words: a name with the delimiter behind the prefix counts as what ends with it, once."""
    found = set()
    for name in names:
        if name.startswith(prefix):
            head, cut, _ = name[len(prefix) :].partition(delimiter) if delimiter else (name[len(prefix) :], "", "")
            found.add(prefix + head + cut)
    return sorted(found)


def test_pages_hold_each_entry_once_and_in_order() -> None:
    """Together, pages of random names are the rolled-up names of the bucket."""
    drawn = random.Random(1)  # noqa: S311  (no secret)
    for _ in range(300):
        names = ["".join(drawn.choices("ab/é", k=drawn.randint(1, 5))) for _ in range(drawn.randint(0, 30))]
        deleted = tuple(sorted({f"{name}/x" for name in names[:3]} - set(names)))
        prefix, delimiter = "".join(drawn.choices("ab/", k=drawn.randint(0, 2))), drawn.choice([None, "/", "b", "a/"])
        size = drawn.randint(1, 6)
        pages = listed(bucket_of(*set(names), deleted=deleted), prefix, delimiter, size)
        assert [each for one in pages for each in one] == rolled_up(names, prefix, delimiter)
        assert all(len(one) == size for one in pages[:-1])


def test_names_stay_in_order_while_objects_come_and_go() -> None:
    """Put, put anew, deleted: the names in order are those of the table."""
    drawn, objects = random.Random(2), bucket_of("m")  # noqa: S311  (no secret)
    assert names_in_order(objects) == ["m"]
    for _ in range(500):
        name = drawn.choice("abcdefghij")
        if name in objects and drawn.random() < 0.5:
            objects.pop(name)
        else:
            objects[name] = FakeKey(name=name, value=b"", account_id="1", region_name="us-east-1")
        assert names_in_order(objects) == sorted(objects)


def test_a_page_has_a_thousand_entries_at_most_and_may_have_none() -> None:
    """As AWS's has, whatever is asked for."""
    objects = bucket_of(*(f"{number:04}" for number in range(1001)))
    assert len(page(objects, "", None, None, 5000).entries) == 1000
    assert page(objects, "", None, None, 0) == ([], None)


def test_a_start_inside_a_folder_lists_the_folder() -> None:
    """What follows the start is rolled up; a folder that was listed is not listed again."""
    objects = bucket_of("a/1", "a/2", "b")
    entries = [each if isinstance(each, str) else each.name for each in page(objects, "", "/", "a/1", 10).entries]
    assert entries == ["a/", "b"]
    assert [each.name for each in page(objects, "", "/", "a/", 10).entries] == ["b"]


@pytest.mark.parametrize("token", ["?", "AAA", "_____w=="])
def test_a_token_of_nobody_is_refused(token: str) -> None:
    """Text that is no name in base64."""
    with pytest.raises(InvalidContinuationToken):
        name_of(token)


def test_a_token_says_the_name() -> None:
    """So it is worth the same after a restart."""
    assert name_of(token_of("a/é ?")) == "a/é ?"
