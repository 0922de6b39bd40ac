"""Which deliveries start a pipeline."""

import pytest

from localcloud.services.codepipeline.webhook_filter import is_path, matches, placeholders, signature_is_valid
from localcloud.services.github.push_event import signatures

BODY = b'{"ref": "refs/heads/main"}'
PUSH = {"ref": "refs/heads/main", "commits": [{"id": "abc"}], "a.b": 1}


def lower(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def test_signature() -> None:
    """GitHub's own signatures are valid, either alone; a changed body or another secret is not."""
    headers = lower(signatures("secret", BODY))
    only_sha1 = {"x-hub-signature": headers["x-hub-signature"]}

    assert signature_is_valid("secret", BODY, headers)
    assert signature_is_valid("secret", BODY, only_sha1)
    assert not signature_is_valid("secret", BODY + b" ", headers)
    assert not signature_is_valid("other", BODY, headers)
    assert not signature_is_valid("secret", BODY, {})
    assert not signature_is_valid("secret", BODY, {"x-hub-signature-256": "sha256=ü"})


def test_a_weaker_signature_does_not_stand_in() -> None:
    """Where SHA-256 is sent and wrong, a right SHA-1 does not help."""
    headers = lower(signatures("secret", BODY)) | {"x-hub-signature-256": "sha256=00"}

    assert not signature_is_valid("secret", BODY, headers)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([{"jsonPath": "$.ref", "matchEquals": "refs/heads/{Branch}"}], True),
        ([{"jsonPath": "$.ref", "matchEquals": "refs/heads/other"}], False),
        ([{"jsonPath": "$.commits[0].id", "matchEquals": "abc"}], True),
        ([{"jsonPath": "$.commits[9].id", "matchEquals": "abc"}], False),
        ([{"jsonPath": "$['a.b']", "matchEquals": "1"}], True),
        ([{"jsonPath": "$.ref"}], True),
        ([{"jsonPath": "$.missing"}], False),
        ([{"jsonPath": "$.ref"}, {"jsonPath": "$.ref", "matchEquals": "x"}], False),
    ],
)
def test_filters(filters: list[dict[str, str]], expected: bool) -> None:
    """All filters must find their value, and {Branch} is the action's."""
    assert matches(PUSH, filters, {"Branch": "main"}) is expected


@pytest.mark.parametrize("payload", [None, [], "text", {}])
def test_payloads_that_are_no_event(payload: object) -> None:
    """A payload that is no event matches nothing and raises nothing."""
    assert not matches(payload, [{"jsonPath": "$.ref.x[0]", "matchEquals": "a"}], {})


def test_paths() -> None:
    """Names and indices are paths; wildcards, filters and bare names are refused."""
    assert all(is_path(path) for path in ("$.ref", "$.a.b[0].c", "$['x y'].z"))
    assert not any(is_path(path) for path in ("ref", "$.*", "$..ref", "$.a[?(@.b)]", "$.", ""))
    assert placeholders("refs/heads/{Branch}/{Repo}") == ["Branch", "Repo"]
