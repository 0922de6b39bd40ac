"""Filter patterns of log events, by the examples of AWS's page on them."""

from __future__ import annotations

import pytest

from localcloud.moto_services.log_filters import parse
from localcloud.platform.errors import AwsError


@pytest.mark.parametrize(
    ("pattern", "message", "found"),
    [
        ("", "anything", True),
        ("ERROR", "[ERROR 400] BAD REQUEST", True),
        ("ERROR", "[error 400] BAD REQUEST", False),
        ("ERROR ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS", True),
        ("ERROR ARGUMENTS", "[ERROR 400] BAD REQUEST", False),
        ("?ERROR ?ARGUMENTS", "[WARN] INVALID ARGUMENTS", True),
        ("?ERROR ?ARGUMENTS", "[INFO] FINE", False),
        ('"INTERNAL SERVER ERROR"', "[ERROR 500] INTERNAL SERVER ERROR", True),
        ('"INTERNAL SERVER ERROR"', "[ERROR 500] SERVER INTERNAL", False),
        ("ERROR -ARGUMENTS", "[ERROR 400] BAD REQUEST", True),
        ("ERROR -ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS", False),
        ("?WARN ERROR", "[ERROR 400] BAD REQUEST", True),
        ("?WARN ERROR", "[WARN] INVALID ARGUMENTS", False),
        ('"a \\"b\\""', 'said a "b"', True),
        ('-"time out"', "a time out", False),
    ],
)
def test_a_message_has_the_terms_or_lacks_them(pattern: str, message: str, found: bool) -> None:
    """Terms are case-sensitive; all without a mark, none with a minus, else any with a question mark."""
    assert parse(pattern).matches(message) is found


@pytest.mark.parametrize("pattern", ["a,b", '"open', "(x)", "a ? b"])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    """In AWS's words: other characters than letters, digits and a few stand in quotes."""
    with pytest.raises(AwsError, match=r"Invalid character\(s\) in term"):
        parse(pattern)
