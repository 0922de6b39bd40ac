"""Publishing a page: what is put, what goes, and which files are refused."""

from __future__ import annotations

import hashlib
import io
import json
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import ModuleType
from typing import Any

import pytest

from handover.function_variables import PublishPageVariables

VARIABLES = PublishPageVariables(
    site_bucket="site",
    distribution="E1",
    assets_bucket="assets",
    assets_prefix="pushed/cars/",
    configuration='{"api":"https://api"}',
)
KEY = "pushed/cars/abc.zip"
PAGE = {"index.html": b"<!doctype html>", "page.js": b"1", "vendor/chart.mjs": b"2"}


def archive(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as written:
        for name, body in files.items():
            written.writestr(name, body)
    return buffer.getvalue()


class Aws:
    """S3 with a page to publish and a site, and CloudFront that remembers its invalidations."""

    def __init__(self, page: bytes, site: dict[str, bytes]) -> None:
        self.page, self.site = page, dict(site)
        self.done: list[str] = []
        self.headers: dict[str, tuple[str, str]] = {}

    def get_object(self, **asked: str) -> dict[str, Any]:
        assert asked == {"Bucket": "assets", "Key": KEY}
        return {"Body": io.BytesIO(self.page)}

    def get_paginator(self, operation: str) -> Aws:
        assert operation == "list_objects_v2"
        return self

    def paginate(self, *, Bucket: str) -> Iterator[dict[str, Any]]:
        assert Bucket == "site"
        yield {}
        for name, body in self.site.items():
            yield {"Contents": [{"Key": name, "ETag": f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'}]}

    def put_object(self, **put: Any) -> None:
        assert put["Bucket"] == "site"
        self.site[put["Key"]] = put["Body"]
        self.headers[put["Key"]] = (put["ContentType"], put["CacheControl"])
        self.done.append(f"put {put['Key']}")

    def delete_object(self, **gone: str) -> None:
        del self.site[gone["Key"]]
        self.done.append(f"delete {gone['Key']}")

    def create_invalidation(self, **asked: Any) -> None:
        assert asked["DistributionId"] == "E1"
        assert asked["InvalidationBatch"]["Paths"]["Items"] == ["/*"]
        self.done.append(f"forget {asked['InvalidationBatch']['CallerReference']}")


def event(kind: str = "Create", key: str = KEY, **more: str) -> dict[str, Any]:
    named = {"StackId": "stack", "RequestId": "request-1", "LogicalResourceId": "Page"}
    return {"RequestType": kind, "ResourceProperties": {"Key": key}, **named, **more}


Publish = Callable[..., Aws]


@pytest.fixture
def publish(publish_page: ModuleType) -> Publish:
    """Publishes these files over a site of those, and gives what came of it."""

    def act(files: dict[str, bytes], site: dict[str, bytes], **asked: str) -> Aws:
        aws = Aws(archive(files), site)
        publish_page.act(aws, aws, VARIABLES, event(**asked))
        return aws

    return act


def test_the_page_comes_last_and_brings_its_configuration(publish: Publish) -> None:
    """Whoever loads index.html finds all that it names: the other files and config.json stand before it."""
    aws = publish(PAGE, {})
    assert aws.done == ["put config.json", "put page.js", "put vendor/chart.mjs", "put index.html", "forget request-1"]
    assert aws.site == {**PAGE, "config.json": VARIABLES.configuration.encode()}


def test_files_have_their_types_and_browsers_ask_again(publish: Publish) -> None:
    """Each file has its content type, and a browser keeps none without asking whether it is still the same."""
    aws = publish(PAGE, {})
    assert {name: kind for name, (kind, _) in aws.headers.items()} == {
        "index.html": "text/html; charset=utf-8",
        "config.json": "application/json",
        "page.js": "text/javascript; charset=utf-8",
        "vendor/chart.mjs": "text/javascript; charset=utf-8",
    }
    assert {"max-age=0" in cached and "must-revalidate" in cached for _, cached in aws.headers.values()} == {True}


def test_only_what_changed_is_put_and_what_is_gone_goes(publish: Publish) -> None:
    """An equal file stays as it is, a changed one is put, and one of the former page is deleted."""
    before = {**PAGE, "config.json": VARIABLES.configuration.encode(), "old.css": b"x", "page.js": b"0"}
    assert publish(PAGE, before, kind="Update").done == ["put page.js", "delete old.css", "forget request-1"]


def test_an_equal_page_changes_nothing(publish: Publish) -> None:
    """If nothing differs, nothing is put and CloudFront forgets nothing."""
    there = {**PAGE, "config.json": VARIABLES.configuration.encode()}
    assert publish(PAGE, there, kind="Update").done == []


def test_a_page_does_not_bring_its_own_configuration(publish: Publish) -> None:
    """A config.json among the files of a push is not the one that is published."""
    aws = publish({**PAGE, "config.json": b'{"api":"https://elsewhere"}'}, {})
    assert aws.site["config.json"] == VARIABLES.configuration.encode()


def test_with_its_stack_the_page_goes(publish: Publish) -> None:
    """Deleting the resource deletes all files, without reading any."""
    aws = publish({}, {**PAGE, "config.json": b"{}"}, kind="Delete", key="gone")
    assert aws.site == {}
    assert aws.done[-1] == "forget request-1"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"page.js": b""}, "needs one index.html"),
        ({**PAGE, "run.sh": b""}, "a page consists of"),
        ({**PAGE, "../index.html": b""}, "no path below the page's own"),
        ({**PAGE, "/etc/x.html": b""}, "no path below the page's own"),
        ({**PAGE, "a//b.html": b""}, "no path below the page's own"),
        ({f"{number}.txt": b"" for number in range(501)}, "501 files"),
        ({**PAGE, "large.txt": b"0" * 20_000_001}, "of 20000018 bytes"),
    ],
)
def test_what_is_no_page_is_refused_before_anything_is_put(
    publish_page: ModuleType, files: dict[str, bytes], words: str
) -> None:
    """The refusal names the file or the number that is at fault, and the site stays as it was."""
    aws = Aws(archive(files), PAGE)
    with pytest.raises(publish_page.PageError, match=words):
        publish_page.act(aws, aws, VARIABLES, event())
    assert aws.done == []


@pytest.mark.parametrize("key", ["abc.zip", "pushed/flowers/abc.zip", "pushed/cars/abc.json"])
def test_a_page_comes_from_the_workloads_own_assets(publish_page: ModuleType, key: str) -> None:
    """The key of another workload, or of what a person deploys, is refused by its name."""
    aws = Aws(b"", {})
    with pytest.raises(publish_page.PageError, match=r"a page is a \.zip below pushed/cars/"):
        publish_page.act(aws, aws, VARIABLES, event(key=key))


@pytest.fixture
def answers() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """An address, and what is put there."""
    found: list[dict[str, Any]] = []

    class Waiting(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            found.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Waiting)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/answer", found
    server.shutdown()
    thread.join()
    server.server_close()


def test_cloudformation_gets_an_answer_whatever_happens(
    publish_page: ModuleType, monkeypatch: pytest.MonkeyPatch, answers: tuple[str, list[dict[str, Any]]]
) -> None:
    """Success and failure are both told at the address of the event, a failure with its reason."""
    address, found = answers
    aws = Aws(archive(PAGE), {})
    monkeypatch.setattr(publish_page.boto3, "client", lambda _: aws)
    for name, value in VARIABLES.of_project().items():
        monkeypatch.setenv(name, value)
    publish_page.handle(event(ResponseURL=address), None)
    publish_page.handle(event(key="elsewhere.zip", ResponseURL=address, PhysicalResourceId="page"), None)
    assert [(each["Status"], each["PhysicalResourceId"], each["RequestId"]) for each in found] == [
        ("SUCCESS", "page", "request-1"),
        ("FAILED", "page", "request-1"),
    ]
    assert "Key is 'elsewhere.zip'" in found[1]["Reason"]
