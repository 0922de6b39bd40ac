"""The key of a pool: made once, kept, and never shown."""

from __future__ import annotations

import base64
import json

import pytest

from localcloud.services.cognito_idp.signing import SigningKeys
from tests.unit.localcloud.services.cognito_idp.conftest import People

PRIVATE = {"d", "p", "q", "dp", "dq", "qi"}


def test_only_the_public_part_is_published(people: People) -> None:
    """The JSON Web Key has modulus and exponent, and nothing with which one could sign."""
    published = people.directory.keys.public(people.pool)
    assert published is not None
    assert {"kty", "n", "e", "kid", "alg", "use"} == published.keys()
    assert not PRIVATE & json.loads(json.dumps(published)).keys()


def test_a_pools_key_verifies_its_tokens_alone(people: People) -> None:
    """A token of one pool is none of another, and a pool that is gone has no key."""
    other = people.directory.pools.create({"PoolName": "o"})["Id"]
    people.directory.keys.make(other)
    token = people.directory.keys.sign(people.pool, {"a": 1})
    assert people.directory.keys.verified(people.pool, token) == {"a": 1}
    assert people.directory.keys.verified(other, token) is None
    people.directory.forget_pool(people.pool)
    assert people.directory.keys.verified(people.pool, token) is None
    assert people.directory.keys.public(people.pool) is None


#: A header that is nested too deep to be anybody's.
DEEP = base64.urlsafe_b64encode(b"[" * 5000).decode()


@pytest.mark.parametrize(
    "token", ["", "a.b.c", "a.b.c.d.e", "..", "ü.b.c", "eyJhbGciOiJub25lIn0.e30.", f"{DEEP}.e30.x"]
)
def test_what_is_no_token_has_no_claims(people: People, token: str) -> None:
    """Any text may come as a token; none of these is one."""
    assert people.directory.keys.verified(people.pool, token) is None


def test_a_token_that_is_signed_by_another_algorithm_is_refused(people: People) -> None:
    """Somebody who signs with the published key as a shared secret (HS256) gets nowhere."""
    from joserfc import jwt
    from joserfc.jwk import OctKey

    published = people.directory.keys.public(people.pool)
    assert published is not None
    forged = jwt.encode({"alg": "HS256", "kid": published["kid"]}, {"a": 1}, OctKey.import_key(published["n"]))
    assert people.directory.keys.verified(people.pool, forged) is None


def test_a_new_process_finds_the_same_key(people: People) -> None:
    """Keys come back from the store: what was signed before is verified after."""
    token = people.directory.keys.sign(people.pool, {"a": 1})
    again = SigningKeys(people.store)
    assert again.public(people.pool) == people.directory.keys.public(people.pool)
    assert again.verified(people.pool, token) == {"a": 1}
