"""What ends by itself: codes, tokens, sign-ins, temporary passwords, and the wait after wrong ones."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from localcloud.platform.errors import AwsError
from localcloud.services.cognito_idp.directory import CODE_SECONDS
from localcloud.services.cognito_idp.users import FORCE_CHANGE_PASSWORD
from tests.unit.localcloud.services.cognito_idp.conftest import PASSWORD, People


def test_a_code_ends_after_five_minutes(people: People) -> None:
    """A code is good until its last second, and not in the one after it."""
    code = people.given.give({"of": "ann"}, seconds=CODE_SECONDS)
    people.clock.go_on(seconds=299)
    assert people.given.look(code) == {"of": "ann"}
    people.clock.go_on(seconds=1)
    assert people.given.look(code) is None
    assert people.given.take(code) is None


def test_of_many_who_bring_a_code_one_gets_it(people: People) -> None:
    """Two requests at the same moment do not both redeem one code."""
    code = people.given.give({"of": "ann"}, seconds=CODE_SECONDS)
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(people.given.take, [code] * 8))
    assert [each for each in found if each is not None] == [{"of": "ann"}]


def test_a_code_that_could_not_be_deleted_is_used_all_the_same(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """A code is marked before anything is given for it, so whatever happens next, nobody gets it again."""
    code = people.given.give({"of": "ann"}, seconds=CODE_SECONDS)
    monkeypatch.setattr(people.given._table, "delete", lambda _: None)
    assert people.given.take(code) == {"of": "ann"}
    assert people.given.take(code) is None


def test_an_access_token_ends_with_its_hour(people: People) -> None:
    """An expired token is refused though its signature is right; the refresh token makes a new one."""
    issued = people.tokens.begin(people.client, people.user)
    people.clock.go_on(minutes=59)
    assert people.tokens.of_access_token(issued.access_token, people.pool)["username"] == "ann"
    people.clock.go_on(minutes=1)
    with pytest.raises(AwsError, match="Access Token has expired"):
        people.tokens.of_access_token(issued.access_token, people.pool)
    again = people.tokens.refresh(people.client, issued.refresh_token)
    assert people.tokens.of_access_token(again.access_token, people.pool)["username"] == "ann"


def test_a_refresh_token_ends_after_thirty_days(people: People) -> None:
    """After its last day nobody signs in by a refresh token any more."""
    issued = people.tokens.begin(people.client, people.user)
    people.clock.go_on(days=30)
    with pytest.raises(AwsError, match="Invalid Refresh Token"):
        people.tokens.refresh(people.client, issued.refresh_token)


def test_a_token_without_openid_has_no_identity(people: People) -> None:
    """The scope decides whether there is an ID token, and which attributes are in it."""
    assert people.tokens.begin(people.client, people.user, scopes=["email"]).id_token == ""
    assert people.tokens.begin(people.client, people.user, scopes=["openid"]).id_token


def test_wrong_passwords_cost_more_and_more_time(people: People) -> None:
    """After five wrong passwords even the right one has to wait, and each further one doubles the wait."""
    for _ in range(5):
        with pytest.raises(AwsError, match="Incorrect username or password"):
            people.sign_in("wrong")
    with pytest.raises(AwsError, match="Password attempts exceeded"):
        people.sign_in(PASSWORD)
    people.clock.go_on(seconds=1)
    with pytest.raises(AwsError, match="Incorrect username or password"):
        people.sign_in("wrong")
    people.clock.go_on(seconds=1)
    with pytest.raises(AwsError, match="Password attempts exceeded"):
        people.sign_in(PASSWORD)
    people.clock.go_on(seconds=1)
    assert people.sign_in(PASSWORD)["Username"] == "ann"


def test_an_unknown_name_waits_as_a_known_one(people: People) -> None:
    """The wait after wrong passwords does not tell whether there is such a user."""
    people.client["PreventUserExistenceErrors"] = "ENABLED"
    for name in ("ann", "nobody"):
        for _ in range(5):
            with pytest.raises(AwsError, match="Incorrect username or password"):
                people.sign_in("wrong", name)
        with pytest.raises(AwsError, match="Password attempts exceeded"):
            people.sign_in("wrong", name)


def test_a_client_may_say_who_does_not_exist(people: People) -> None:
    """Without PreventUserExistenceErrors an unknown user has an error of its own, as on AWS."""
    with pytest.raises(AwsError, match="User does not exist") as caught:
        people.sign_in("wrong", "nobody")
    assert caught.value.code == "UserNotFoundException"


def test_a_temporary_password_ends_after_seven_days(people: People) -> None:
    """A temporary password that nobody used in time has to be set again by an administrator."""
    people.directory.users.create(people.pool, "bob", {}, status=FORCE_CHANGE_PASSWORD, password=PASSWORD)
    people.clock.go_on(days=6)
    assert people.authentication.must_change(people.sign_in(name="bob"))
    people.clock.go_on(days=1, minutes=1)
    with pytest.raises(AwsError, match="Temporary password has expired"):
        people.sign_in(name="bob")


def test_a_disabled_user_gets_no_new_tokens(people: People) -> None:
    """A refresh token does not outlast the administrator's decision."""
    issued = people.tokens.begin(people.client, people.user)
    people.directory.users.change(people.user, lambda user: user.update(Enabled=False))
    with pytest.raises(AwsError, match="User is disabled"):
        people.tokens.refresh(people.client, issued.refresh_token)
