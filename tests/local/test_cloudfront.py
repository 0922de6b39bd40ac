"""CloudFront before a private bucket, deployed from the template that the CDK's constructs synthesize."""

from __future__ import annotations

import http.client
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from tests.clouds import LocalCloud
from tests.local.cdk_stacks import site, template_of
from tests.local.iam_account import Account, allow, refused
from tests.local.lives.life import Stack
from tests.waiting import until

pytestmark = pytest.mark.local

POLICY = "default-src 'self'; connect-src https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com"
SCRIPT = "// a script that is worth to be compressed\n" * 100


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def cached(self) -> str:
        return self.headers["x-cache"]


class Site:
    """A deployed page, and a viewer of it."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.stack = Stack(cloud=cloud, name=f"page-{uuid.uuid4().hex[:8]}")
        self.outputs = self.stack.deploy(template_of(site, policy=POLICY))
        self.s3, self.api = cloud.client("s3"), cloud.client("cloudfront")
        self.bucket, self.id = self.outputs["Bucket"], self.outputs["Id"]
        self.label = self.outputs["Domain"].removesuffix(".cloudfront.net")
        self.put("index.html", "<h1>one</h1>", "text/html")
        self.put("missing.html", "<h1>there is no such page</h1>", "text/html")
        self.put("app.js", SCRIPT, "text/javascript")

    def put(self, key: str, text: str, kind: str, **more: str) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=text.encode(), ContentType=kind, **more)

    def view(self, path: str, method: str = "GET", **headers: str) -> Answer:
        return self.ask(f"{self.label}.cloudfront.localhost", path, method, **headers)

    def ask(self, host: str, path: str, method: str = "GET", **headers: str) -> Answer:
        """``headers`` with underscores for hyphens."""
        port = urlsplit(self.cloud.endpoint_url).port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, headers={"Host": f"{host}:{port}", **named})
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, found, answer.read())
        finally:
            connection.close()

    def invalidate(self, *paths: str) -> str:
        batch = {"Paths": {"Quantity": len(paths), "Items": list(paths)}, "CallerReference": uuid.uuid4().hex}
        made = self.api.create_invalidation(DistributionId=self.id, InvalidationBatch=batch)["Invalidation"]
        assert made["Status"] == "InProgress"
        return str(made["Id"])


@pytest.fixture(scope="module")
def page(local_cloud: LocalCloud) -> Iterator[Site]:
    made = Site(local_cloud)
    yield made
    for each in made.s3.list_objects_v2(Bucket=made.bucket).get("Contents", []):
        made.s3.delete_object(Bucket=made.bucket, Key=each["Key"])
    made.stack.delete()
    with pytest.raises(ClientError, match="NoSuchDistribution"):
        made.api.get_distribution(Id=made.id)
    assert made.view("/").status == 404


def test_the_root_is_the_default_root_object_with_the_policys_headers(page: Site) -> None:
    """The page comes at the distribution's host and at its path, with exactly the headers that the policy asks for."""
    for answer in (page.view("/"), page.ask("127.0.0.1", f"/_cloudfront/{page.label}/")):
        assert (answer.status, answer.body) == (200, b"<h1>one</h1>")
        found = answer.headers
        assert found["content-type"] == "text/html"
        assert found["x-content-type-options"] == "nosniff"
        assert found["x-frame-options"] == "DENY"
        assert found["strict-transport-security"] == "max-age=31536000; includeSubDomains"
        assert found["permissions-policy"] == "camera=()"
        assert "referrer-policy" not in found
        assert "cloudfront" in found["via"]
        assert len(found["x-amz-cf-id"]) > 20


def test_addresses_in_the_pages_policy_are_local(page: Site) -> None:
    """A page that may talk to an API at AWS's address may talk to it at the local one here."""
    port = page.cloud.endpoint_url.rpartition(":")[2]
    said = page.view("/").headers["content-security-policy"]
    assert said == f"default-src 'self'; connect-src http://a1b2c3d4e5.execute-api.localhost:{port}"


def test_addresses_in_the_pages_configuration_are_local(page: Site) -> None:
    """A small JSON object says where the API and the sign-in are reached here; a script is the page's own text."""
    port = page.cloud.endpoint_url.rpartition(":")[2]
    said = {
        "api": "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/live/people",
        "sign_in": "https://cars.auth.us-east-1.amazoncognito.com",
        "docs": "https://docs.aws.amazon.com/x",
    }
    page.put("config.json", json.dumps(said), "application/json")
    page.put("config.js", json.dumps(said), "text/javascript")
    found = page.view("/config.json")
    assert json.loads(found.body) == {
        "api": f"http://a1b2c3d4e5.execute-api.localhost:{port}/live/people",
        "sign_in": f"http://cars.auth.localhost:{port}",
        "docs": "https://docs.aws.amazon.com/x",
    }
    assert found.headers["content-length"] == str(len(found.body))
    again = page.view("/config.json", If_None_Match=found.headers["etag"])
    assert (again.status, again.cached) == (304, "Hit from cloudfront")
    assert page.view("/config.js").body.decode() == json.dumps(said)


def test_the_bucket_refuses_everybody_but_the_distribution(page: Site, account: Account) -> None:
    """Neither another role nor another distribution reads the bucket, and its own only while its policy says so."""
    role = account.session(account.role(allow("s3:ListAllMyBuckets")))
    with refused("AccessDenied"):
        account.client("s3", role).get_object(Bucket=page.bucket, Key="index.html")
    policy = json.loads(page.s3.get_bucket_policy(Bucket=page.bucket)["Policy"])
    (statement,) = [
        each for each in policy["Statement"] if each["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    ]
    assert statement["Condition"]["StringEquals"]["AWS:SourceArn"].endswith(f":distribution/{page.id}")
    page.put("guarded.txt", "secret", "text/plain")
    other = json.dumps(policy).replace(page.id, "EANOTHERONE123")
    try:
        page.s3.put_bucket_policy(Bucket=page.bucket, Policy=other)
        refusal = page.view("/guarded.txt")
        assert refusal.status == 403
        assert b"<Code>AccessDenied</Code>" in refusal.body
        assert b"secret" not in refusal.body
    finally:
        page.s3.put_bucket_policy(Bucket=page.bucket, Policy=json.dumps(policy))
    page.invalidate("/*")
    assert page.view("/guarded.txt").body == b"secret"


@pytest.mark.parametrize(
    "path",
    [
        "/nothing.html",
        "/../index.html",
        "/%2e%2e/index.html",
        "/a/..%2findex.html",
        "/..%2f..%2f..%2fetc%2fpasswd",
        "/%2e%2e%5cindex.html",
        "//",
        "/index.html%00",
        "/index.html/",
    ],
)
def test_what_is_not_there_is_the_distributions_error_page(page: Site, path: str) -> None:
    """A missing object, and every way around the keys, is the custom error response with its own status."""
    answer = page.view(path)
    assert (answer.status, answer.body) == (404, b"<h1>there is no such page</h1>")
    assert answer.cached == "Error from cloudfront"
    assert answer.headers["x-frame-options"] == "DENY"


def test_a_page_is_cached_until_it_is_invalidated(page: Site) -> None:
    """The second viewer gets what the first one got, and after an invalidation what the bucket has by then."""
    page.put("cached.html", "one", "text/html")
    assert page.view("/cached.html").cached == "Miss from cloudfront"
    page.put("cached.html", "two", "text/html")
    hit = page.view("/cached.html?whatever=1")
    assert (hit.body, hit.cached) == (b"one", "Hit from cloudfront")
    assert hit.headers["age"].isdecimal()
    made = page.invalidate("/cached*")
    again = page.view("/cached.html")
    assert (again.body, again.cached) == (b"two", "Miss from cloudfront")
    until(
        lambda: page.api.get_invalidation(DistributionId=page.id, Id=made)["Invalidation"]["Status"],
        lambda status: status == "Completed",
        what=f"the end of invalidation {made}",
    )
    assert made in [
        each["Id"] for each in page.api.list_invalidations(DistributionId=page.id)["InvalidationList"]["Items"]
    ]
    with refused("InvalidArgument"):
        page.invalidate("no-slash")


def test_an_object_says_itself_that_it_is_not_kept(page: Site) -> None:
    """An object with a maximal age of nothing is kept for the policy's least time alone, not for a day."""
    page.put("config.json", "{}", "application/json", CacheControl="no-store")
    assert page.view("/config.json").headers["cache-control"] == "no-store"
    page.put("config.json", '{"new":1}', "application/json", CacheControl="no-store")
    until(lambda: page.view("/config.json").body, lambda body: body == b'{"new":1}', what="the new configuration")


def test_viewers_ask_for_parts_and_for_changes(page: Site) -> None:
    """A known ETag is answered by 304, a range by 206, and a range behind the end by 416."""
    whole = page.view("/app.js")
    assert whole.body == SCRIPT.encode()
    same = page.view("/app.js", If_None_Match=whole.headers["etag"])
    assert (same.status, same.body, same.headers["etag"]) == (304, b"", whole.headers["etag"])
    assert page.view("/app.js", If_None_Match='"another"').status == 200
    part = page.view("/app.js", Range="bytes=3-10")
    assert (part.status, part.body) == (206, SCRIPT.encode()[3:11])
    assert part.headers["content-range"] == f"bytes 3-10/{len(SCRIPT)}"
    assert page.view("/app.js", Range="bytes=-4").body == SCRIPT.encode()[-4:]
    assert page.view("/app.js", Range="bytes=999999-").status == 416
    assert page.view("/app.js", If_Modified_Since=whole.headers["last-modified"]).status == 304
    head = page.view("/app.js", "HEAD")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(SCRIPT)))


def test_text_is_compressed_for_those_who_take_it(page: Site) -> None:
    """gzip makes the script smaller, with a weak ETag that a viewer may send back."""
    packed = page.view("/app.js", Accept_Encoding="br, gzip")
    assert packed.headers["content-encoding"] == "gzip"
    assert len(packed.body) < len(SCRIPT) / 5
    import gzip

    assert gzip.decompress(packed.body).decode() == SCRIPT
    assert packed.headers["etag"].startswith('W/"')
    assert packed.headers["vary"] == "Accept-Encoding"
    again = page.view("/app.js", Accept_Encoding="gzip", If_None_Match=packed.headers["etag"])
    assert again.status == 304
    assert "content-encoding" not in page.view("/", Accept_Encoding="gzip").headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_refused(page: Site, method: str) -> None:
    """A behavior without AllowedMethods takes GET and HEAD alone."""
    answer = page.view("/index.html", method)
    assert answer.status == 403
    assert b"not configured to allow the HTTP request method" in answer.body


def test_a_change_of_the_template_changes_the_page_in_place(page: Site) -> None:
    """An update keeps the distribution and its address, and its new headers count at once."""
    try:
        changed = page.stack.deploy(template_of(site, policy="default-src 'none'"), update=True)
        assert changed == page.outputs
        assert page.view("/").headers["content-security-policy"] == "default-src 'none'"
    finally:
        page.stack.deploy(template_of(site, policy=POLICY), update=True)


def test_a_version_guards_a_distribution(page: Site) -> None:
    """A change needs the version that its author saw, and an enabled distribution is not deleted."""
    found = page.api.get_distribution_config(Id=page.id)
    config = found["DistributionConfig"]
    with refused("PreconditionFailed"):
        page.api.update_distribution(Id=page.id, IfMatch="EOLD", DistributionConfig=config)
    with refused("DistributionNotDisabled"):
        page.api.delete_distribution(Id=page.id, IfMatch=found["ETag"])
    control = config["Origins"]["Items"][0]["OriginAccessControlId"]
    with refused("OriginAccessControlInUse"):
        version = page.api.get_origin_access_control(Id=control)["ETag"]
        page.api.delete_origin_access_control(Id=control, IfMatch=version)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"Aliases": {"Quantity": 1, "Items": ["www.example.com"]}}, "Aliases"),
        ({"WebACLId": "arn:aws:wafv2:us-east-1:123456789012:global/webacl/w/1"}, "WebACLId"),
        ({"Logging": {"Enabled": True, "IncludeCookies": False, "Bucket": "b", "Prefix": ""}}, "Logging"),
        ({"origin": {"DomainName": "api.example.com"}}, "api.example.com"),
        ({"origin": {"OriginAccessControlId": ""}}, "without OriginAccessControlId"),
        ({"behavior": {"OriginRequestPolicyId": "216adef6-5c7f-47e4-b989-5492eafa07d3"}}, "Managed-AllViewer"),
        (
            {"behavior": {"AllowedMethods": {"Quantity": 3, "Items": ["GET", "HEAD", "POST"]}}},
            "the methods POST",
        ),
    ],
)
def test_what_nothing_acts_on_is_refused_by_name(page: Site, changed: dict[str, Any], named: str) -> None:
    """Other origins, aliases, firewalls and the like are errors that name them, and change nothing."""
    found = page.api.get_distribution_config(Id=page.id)
    config = found["DistributionConfig"]
    config["Origins"]["Items"][0].update(changed.pop("origin", {}))
    config["DefaultCacheBehavior"].update(changed.pop("behavior", {}))
    with refused("NotImplemented", f"{named}.*is not supported by the local cloud"):
        page.api.update_distribution(Id=page.id, IfMatch=found["ETag"], DistributionConfig=config | changed)
    assert page.api.get_distribution_config(Id=page.id)["ETag"] == found["ETag"]


def test_policies_decide_who_invalidates(page: Site, account: Account) -> None:
    """A role that may invalidate this distribution may neither change it nor invalidate another."""
    arn = page.api.get_distribution(Id=page.id)["Distribution"]["ARN"]
    role = account.session(account.role(allow("cloudfront:CreateInvalidation", arn)))
    mine = account.client("cloudfront", role)
    batch = {"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": "r"}
    assert mine.create_invalidation(DistributionId=page.id, InvalidationBatch=batch)["Invalidation"]
    with refused("AccessDenied", "cloudfront:CreateInvalidation"):
        mine.create_invalidation(DistributionId="EANOTHERONE123", InvalidationBatch=batch)
    with refused("AccessDenied", "cloudfront:GetDistribution"):
        mine.get_distribution(Id=page.id)


def test_a_foreign_host_is_still_refused(page: Site) -> None:
    """Only names under localhost lead to a distribution, and an unknown one leads to none."""
    assert page.ask("evil.example", "/").status == 421
    assert page.ask(f"{page.label}.cloudfront.net", "/").status == 421
    assert page.ask("dunknown.cloudfront.localhost", "/").status == 404
