"""Names of functions in calls."""

import pytest

from localcloud.platform.errors import AwsError
from localcloud.services.lambda_.names import Reference, function_name, reference

PREFIX = "arn:aws:lambda:us-east-1:123456789012:function:"


@pytest.mark.parametrize(
    ("given", "qualifier", "found"),
    [
        ("f", None, Reference("f")),
        ("f:live", None, Reference("f", "live")),
        (f"{PREFIX}f:3", None, Reference("f", "3")),
        ("123456789012:function:f", "live", Reference("f", "live")),
        ("f:$LATEST", "$LATEST", Reference("f", "$LATEST")),
    ],
)
def test_every_form_of_a_name_is_read(given: str, qualifier: str | None, found: Reference) -> None:
    """A qualifier comes with the name or beside it."""
    assert reference(given, qualifier) == found


@pytest.mark.parametrize(
    ("given", "qualifier", "words"),
    [
        ("f:1", "2", "does not match the specified qualifier"),
        ("f:1:2", None, "names no function"),
        ("f", "a.b", "neither a version nor an alias"),
    ],
)
def test_a_name_that_says_two_things_is_refused(given: str, qualifier: str | None, words: str) -> None:
    """Two qualifiers contradict each other, in the name or beside it."""
    with pytest.raises(AwsError, match=words):
        reference(given, qualifier)


def test_what_concerns_a_whole_function_takes_no_qualifier() -> None:
    """A version has no concurrency, no code to change and no tags."""
    assert function_name(f"{PREFIX}f:$LATEST") == "f"
    with pytest.raises(AwsError, match="Aliases and versions do not support this operation"):
        function_name("f:live")


def test_a_number_is_a_version_and_a_word_an_alias() -> None:
    """As on AWS no alias is called by a number alone."""
    assert [reference("f", each).is_alias for each in ("1", "$LATEST", "live", "2024-01-02")] == [
        False,
        False,
        True,
        True,
    ]
    assert reference("f").is_latest
