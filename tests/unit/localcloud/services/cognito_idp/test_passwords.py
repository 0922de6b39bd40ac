"""What a pool's policy asks of a password, in AWS's words, and what is kept of one."""

from __future__ import annotations

import pytest

from localcloud.platform.errors import AwsError
from localcloud.services.cognito_idp import passwords


@pytest.mark.parametrize(
    ("policy", "password", "problem"),
    [
        (None, "Aa1!", "Password not long enough"),
        (None, "aaaaaaaa1!", "Password must have uppercase characters"),
        (None, "AAAAAAAA1!", "Password must have lowercase characters"),
        (None, "Aaaaaaaaa!", "Password must have numeric characters"),
        (None, "Aaaaaaaaa1", "Password must have symbol characters"),
        ({"MinimumLength": 12}, "aaaaaaaaaaa", "Password not long enough"),
        ({"MinimumLength": 6, "RequireNumbers": True}, "aaaaaa", "Password must have numeric characters"),
    ],
)
def test_a_password_is_held_against_the_policy(policy: dict[str, object] | None, password: str, problem: str) -> None:
    """The first thing that a password lacks is named, as AWS names it."""
    with pytest.raises(AwsError, match=f"^Password did not conform with policy: {problem}$") as caught:
        passwords.check(passwords.whole_policy(policy), password)
    assert caught.value.code == "InvalidPasswordException"


def test_what_a_given_policy_leaves_out_is_not_required() -> None:
    """A policy with a length alone asks for no kind of character."""
    passwords.check(passwords.whole_policy({"MinimumLength": 12}), "a" * 12)


def test_a_generated_password_passes_the_strictest_policy() -> None:
    """A user to whom nobody gave a password has one that AWS would take, and never the same."""
    policy = passwords.whole_policy(dict.fromkeys(("RequireUppercase", "RequireNumbers", "RequireSymbols"), True))
    found = {passwords.new(policy | {"MinimumLength": 20}) for _ in range(20)}
    for password in found:
        passwords.check(policy | {"MinimumLength": 20}, password)
    assert len(found) == 20


def test_a_kept_password_matches_itself_alone() -> None:
    """The kept text has a salt of its own, does not contain the password, and matches no other."""
    first, second = passwords.kept("one Password!"), passwords.kept("one Password!")
    assert first != second
    assert "one Password!" not in first
    assert passwords.matches("one Password!", first)
    assert not passwords.matches("one password!", first)


def test_nobodys_password_matches() -> None:
    """A user who does not exist has no password, not even the empty one."""
    assert not passwords.matches("", "")
    assert not passwords.matches("anything", "")
