"""AWS's addresses of virtual hosts and the local ones."""

from __future__ import annotations

import pytest

from localcloud.wire.addresses import Addresses

ADDRESSES = Addresses(region="us-east-1", port=4730)

PAIRS = [
    ("https://a1b2c3.execute-api.us-east-1.amazonaws.com/prod/x", "http://a1b2c3.execute-api.localhost:4730/prod/x"),
    ("https://my-page.auth.us-east-1.amazoncognito.com/login?a=b", "http://my-page.auth.localhost:4730/login?a=b"),
    ("https://cognito-idp.us-east-1.amazonaws.com/us-east-1_A", "http://cognito-idp.localhost:4730/us-east-1_A"),
    ("https://d111.cloudfront.net", "http://d111.cloudfront.localhost:4730"),
    ("https://abc1.lambda-url.us-east-1.on.aws/x", "http://abc1.lambda-url.localhost:4730/x"),
    ("d111.cloudfront.net", "d111.cloudfront.localhost:4730"),
    (
        "default-src 'self'; connect-src https://a1.execute-api.us-east-1.amazonaws.com https://d1.cloudfront.net",
        "default-src 'self'; connect-src http://a1.execute-api.localhost:4730 http://d1.cloudfront.localhost:4730",
    ),
    (
        "connect-src https://*.execute-api.us-east-1.amazonaws.com",
        "connect-src http://*.execute-api.localhost:4730",
    ),
]


@pytest.mark.parametrize(("aws", "local"), PAIRS)
def test_each_address_has_one_other(aws: str, local: str) -> None:
    """Turning an address into the local one and back gives the same address."""
    assert ADDRESSES.local(aws) == local
    assert ADDRESSES.aws(local) == aws


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "null",
        "https://example.com/d111.cloudfront.net.evil.com",
        "https://a1.execute-api.eu-west-1.amazonaws.com/",
        "https://sqs.us-east-1.amazonaws.com/1/q",
        "http://localhost:3000",
        "http://evil-execute-api.localhost:4730/",
        "https://a.b.cloudfront.net",
    ],
)
def test_other_addresses_stay_as_they_are(text: str) -> None:
    """An address that is none of these hosts, in this region, is not touched in either direction."""
    assert ADDRESSES.local(text) == text
    assert ADDRESSES.aws(text) == text
