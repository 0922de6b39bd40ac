"""Requests that nobody should send: broken HTTP, changed ones that were signed, calls drawn from AWS's models, bombs.

All are drawn by a seed, so that a request that breaks the local cloud can be sent again.
"""

from __future__ import annotations

import gzip
import json
import random
import string
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import botocore.session

from bench.lab.clouds import LocalCloud
from bench.lab.raw_http import Raw, send, signed

FORM = "application/x-www-form-urlencoded"
HOST = b"Host: 127.0.0.1\r\n"
#: botocore's name of a service → the name that requests are signed for.
SERVICES = {
    **{name: name for name in ("iam", "sts", "sns", "sqs", "kms", "logs", "ssm", "ecr", "secretsmanager")},
    **{name: name for name in ("cloudformation", "codebuild", "codepipeline", "glue", "events", "sagemaker")},
    "cloudwatch": "monitoring",
    "application-autoscaling": "application-autoscaling",
    "resourcegroupstaggingapi": "tagging",
}
#: What would end the run, make files of a gigabyte, or wait for minutes.
LEFT_OUT = frozenset({"CreateTrainingJob", "StartBuild", "StartBuildBatch", "StartJobRun", "StartCrawler"})
#: A request that says that more comes than does is waited for; nobody waits longer for its refusal.
_WAITED_SECONDS = 3.0
STRANGE = (
    *("", " ", "\x00", "a" * 5000, "ä€😀", "../../etc/passwd", "${jndi:x}", "<a>&amp;", "*", "arn:aws:iam::1:role/x"),
    *("%00", "'\"", "-1", "1e309", "null", "{", "[]", "\r\nX: y", "2026-13-45", "\ud83d"),
)


@dataclass
class Outcome:
    """How many requests got which status, and which broke the local cloud."""

    statuses: Counter[int] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    """What was answered with a 500, or not at all."""

    def note(self, what: str, status: int, answer: bytes, *, may_be_cut: bool = False) -> None:
        """``may_be_cut``: HTTP that is broken so that nobody could answer it."""
        self.statuses[status] += 1
        named = status == 501 and b"NotImplemented" in answer
        if (status >= 500 and not named) or (not status and not may_be_cut):
            self.broken.append(f"{what}: {status} {answer[:300]!r}")


def malformed() -> list[bytes]:
    """HTTP that is none, or that two readers could read in two ways."""
    get, post = b"GET / HTTP/1.1\r\n" + HOST, b"POST / HTTP/1.1\r\n" + HOST
    lines = (
        *(
            b"",
            b"\r\n",
            b"\x00",
            b"GET\r\n\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"GET  / HTTP/1.1\r\n\r\n",
            b"\x16\x03\x01\x02",
        ),
        *(b"get / http/1.1\r\n\r\n", b"GET / HTTP/1.1\n\n", b"GET /\r\n\r\n", b"CONNECT a:1 HTTP/1.1\r\n\r\n"),
        *(b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n", b"GET http://evil/ HTTP/1.1\r\n" + HOST + b"\r\n"),
        *(b"GET //evil/a HTTP/1.1\r\n" + HOST + b"\r\n", b"GET /%ff HTTP/1.1\r\n" + HOST + b"\r\n"),
        *(b"GET /%00 HTTP/1.1\r\n" + HOST + b"\r\n", b"GET /%zz HTTP/1.1\r\n" + HOST + b"\r\n"),
        *(b"GET /\xff HTTP/1.1\r\n" + HOST + b"\r\n", b"GET /?\xc3\xa4 HTTP/1.1\r\n" + HOST + b"\r\n"),
        *(b"GET /a#b HTTP/1.1\r\n" + HOST + b"\r\n", b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n"),
        *(b"GET /_localcloud/../x HTTP/1.1\r\n" + HOST + b"\r\n", b"GET /_nothing HTTP/1.1\r\n" + HOST + b"\r\n"),
        *(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: evil\r\n\r\n"),
        *(b"GET / HTTP/1.0\r\n\r\n", get + HOST + b"\r\n", get + b"Host : x\r\n\r\n", get + b" folded: x\r\n\r\n"),
        *(get + b"A: b\r\n c\r\n\r\n", get + b": x\r\n\r\n", get + b"a b: x\r\n\r\n", get + b"A: \x00\r\n\r\n"),
        *(get + b"A: \x80\xff\r\n\r\n", get + b"\xc3\xa4: x\r\n\r\n", get + b"A: " + b"x" * 200_000 + b"\r\n\r\n"),
        *(get + b"".join(b"h%d: x\r\n" % n for n in range(3000)) + b"\r\n", get + b"Upgrade: websocket\r\n\r\n"),
        *(
            get + b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n",
            get + b"Expect: x\r\n\r\n",
        ),
        *(
            post + b"Content-Length: -1\r\n\r\n",
            post + b"Content-Length: 1e3\r\n\r\n",
            post + b"Content-Length: +0\r\n\r\n",
        ),
        *(
            post + b"Content-Length: 99999999999999999999\r\n\r\n",
            post + b"Content-Length: 0\r\nContent-Length: 5\r\n\r\n",
        ),
        *(post + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",),
        *(post + b"Transfer-Encoding: gzip\r\n\r\n", post + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
        *(
            post + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
            post + b"Transfer-Encoding: xchunked\r\n\r\n",
        ),
        *(
            post + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n",
            post + b"Transfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n",
        ),
        *(post + b"Authorization: Basic \xe9\xff\r\nContent-Length: 0\r\n\r\n",),
        *(post + b"Authorization: AWS4-HMAC-SHA256 \xff=\xff\r\nContent-Length: 0\r\n\r\n",),
        b"GET /_github/api/user HTTP/1.1\r\n" + HOST + b"Authorization: Basic \xe9\xff\r\n\r\n",
    )
    return [line + b"" for line in lines]


def send_malformed(cloud: LocalCloud, outcome: Outcome) -> None:
    """Each by a connection of its own."""
    for request in malformed():
        status, answer = send(cloud, request, within_seconds=_WAITED_SECONDS)
        outcome.note(repr(request[:80]), status, answer, may_be_cut=True)


def mutations(cloud: LocalCloud, count: int, seed: int) -> Iterator[Raw]:
    """Signed requests of which something was changed: by bytes, headers, methods, addresses."""
    draw, admin = random.Random(seed), cloud.administrator
    good = [
        signed(cloud, admin, "s3", method="GET", address="/fuzz/key?versionId=1"),
        signed(cloud, admin, "s3", method="PUT", address="/fuzz/key", body=b"x" * 100),
        signed(
            cloud, admin, "sts", headers={"Content-Type": FORM}, body=b"Action=GetCallerIdentity&Version=2011-06-15"
        ),
        signed(cloud, admin, "iam", headers={"Content-Type": FORM}, body=b"Action=GetUser&Version=2010-05-08"),
        signed(cloud, admin, "glue", headers={"X-Amz-Target": "AWSGlue.GetJobs"}, body=b"{}"),
        signed(cloud, admin, "logs", headers={"X-Amz-Target": "Logs_20140328.DescribeLogGroups"}, body=b"{}"),
        signed(cloud, admin, "lambda", method="GET", address="/2015-03-31/functions?MaxItems=3"),
    ]
    for _ in range(count):
        yield _mutated(draw, draw.choice(good))


def _mutated(draw: random.Random, request: Raw) -> Raw:
    headers, kind = list(request.headers), draw.randrange(7)
    place = draw.randrange(len(headers))
    name, value = headers[place]
    if kind == 0:
        headers[place] = (name, _changed(draw, value))
    elif kind == 1:
        headers[place] = (_changed(draw, name), value)
    elif kind == 2:
        del headers[place]
    elif kind == 3:
        headers.insert(place, (name, draw.choice(["", value, _changed(draw, value)])))
    elif kind == 4:
        method = draw.choice(["GET", "PUT", "POST", "DELETE", "HEAD", "PATCH", "OPTIONS", "TRACE"])
        return Raw(method=method, address=request.address, headers=headers, body=request.body)
    elif kind == 5:
        address = "/" + _changed(draw, request.address[1:] or "a")
        return Raw(method=request.method, address=address, headers=headers, body=request.body)
    else:
        body = _changed(draw, request.body.decode() or "x").encode("latin-1", "replace")
        headers = [(n, str(len(body)) if n == "Content-Length" else v) for n, v in headers]
        return Raw(method=request.method, address=request.address, headers=headers, body=body)
    return Raw(method=request.method, address=request.address, headers=headers, body=request.body)


def _changed(draw: random.Random, text: str) -> str:
    place, kind = draw.randrange(len(text) + 1), draw.randrange(4)
    some = draw.choice(["_", "-", " ", "\xe9", "%", "=", ",", ";", "/", "\t", "0", "A", "&", "+", '"'])
    if kind == 0:
        return text[:place] + some + text[place:]
    if kind == 1:
        return text[:place] + text[place + 1 :]
    if kind == 2:
        return text[:place] + some + text[place + 1 :]
    return text + text[place:]


def send_mutations(cloud: LocalCloud, outcome: Outcome, count: int, seed: int) -> None:
    for request in mutations(cloud, count, seed):
        status, answer = send(cloud, request, within_seconds=_WAITED_SECONDS)
        outcome.note(repr(request.wire()[:400]), status, answer, may_be_cut=True)


def calls(count: int, seed: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Service, operation and parameters, drawn from AWS's models: by its types, by others, and left out."""
    draw, session = random.Random(seed), botocore.session.get_session()
    models = {name: session.get_service_model(name) for name in SERVICES}
    for _ in range(count):
        name = draw.choice(sorted(SERVICES))
        operation = draw.choice(sorted(set(models[name].operation_names) - LEFT_OUT))
        shape = models[name].operation_model(operation).input_shape
        yield name, operation, _structure(draw, shape, 0) if shape is not None else {}


def _value(draw: random.Random, shape: Any, depth: int) -> Any:
    if draw.random() < 0.08:
        return draw.choice([None, [], {}, 0, -1, 10**30, True, "x", [[]], {"a": {"b": []}}, 1.5])
    kind = shape.type_name
    if kind == "structure":
        return _structure(draw, shape, depth)
    if kind == "list":
        return [_value(draw, shape.member, depth + 1) for _ in range(draw.randrange(3))] if depth < 5 else []
    if kind == "map":
        return {_text(draw, shape.key): _value(draw, shape.value, depth + 1)} if depth < 5 else {}
    if kind == "boolean":
        return draw.random() < 0.5
    if kind in ("integer", "long"):
        return draw.choice([0, 1, -1, 2**31, 2**63, 7])
    if kind in ("float", "double", "timestamp"):
        return draw.choice([0, 1.5, -1, 1e300, 1_700_000_000])
    return _text(draw, shape)


def _text(draw: random.Random, shape: Any) -> str:
    if getattr(shape, "enum", None) and draw.random() < 0.8:
        return str(draw.choice(shape.enum))
    if draw.random() < 0.5:
        return draw.choice(STRANGE)
    return "".join(draw.choice(string.ascii_letters + "-_/:.") for _ in range(draw.randrange(1, 40)))


def _structure(draw: random.Random, shape: Any, depth: int) -> dict[str, Any]:
    if depth > 5:
        return {}
    required = shape.required_members if draw.random() < 0.9 else []
    chosen = [name for name in shape.members if name in required or draw.random() < 0.3]
    return {name: _value(draw, shape.members[name], depth + 1) for name in chosen}


def send_calls(cloud: LocalCloud, outcome: Outcome, count: int, seed: int) -> None:
    session = botocore.session.get_session()
    for name, operation, params in calls(count, seed):
        metadata = session.get_service_model(name).metadata
        if "json" in (metadata.get("protocols") or [metadata["protocol"]]):
            target = f"{metadata['targetPrefix']}.{operation}"
            headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"}
            body = json.dumps(params).encode()
        else:
            headers = {"Content-Type": FORM}
            pairs = {"Action": operation, "Version": metadata["apiVersion"], **flat(params)}
            body = urlencode(pairs, errors="replace").encode()
        request = signed(cloud, cloud.administrator, SERVICES[name], headers=headers, body=body)
        status, answer = send(cloud, request)
        outcome.note(f"{name}:{operation} {body[:600]!r}", status, answer)


def flat(value: Any, prefix: str = "") -> dict[str, str]:
    """Parameters as the query protocol has them, near enough."""
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = [(f"member.{number}", item) for number, item in enumerate(value, 1)]
    else:
        return {prefix: str(value)}
    found: dict[str, str] = {}
    for name, item in items:
        found |= flat(item, f"{prefix}.{name}" if prefix else str(name))
    return found


def bombs(cloud: LocalCloud) -> Iterator[tuple[str, Raw]]:
    """Small requests that are large, deep or endless to who reads them without care."""
    admin = cloud.administrator
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    laughs = f'<!DOCTYPE d [<!ENTITY a0 "ha">{entities}]><Delete><Object><Key>&a11;</Key></Object></Delete>'.encode()
    outside = b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><Tagging><TagSet>&x;</TagSet></Tagging>'
    deep_xml = b"<a>" * 100_000
    deep = b'{"a":' * 100_000
    policy = json.dumps({"RoleName": "r", "AssumeRolePolicyDocument": "[" * 50_000})
    for name, address, body in (
        ("entities that double", "/fuzz?delete", laughs),
        ("an entity from a file", "/fuzz/key?tagging", outside),
        ("100,000 elements in each other", "/fuzz?delete", deep_xml),
        ("100,000 elements in a policy's place", "/fuzz?lifecycle", deep_xml + b"</a>" * 100_000),
    ):
        method = "POST" if "delete" in address else "PUT"
        yield name, signed(cloud, admin, "s3", method=method, address=address, body=body)
    for service, target in (("logs", "Logs_20140328.DescribeLogGroups"), ("glue", "AWSGlue.GetJobs")):
        json_headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"}
        yield (
            f"100,000 objects in each other: {service}",
            signed(cloud, admin, service, headers=json_headers, body=deep),
        )
        zipped = {**json_headers, "Content-Encoding": "gzip"}
        body = gzip.compress(bytes(200 * 1024 * 1024), compresslevel=9)
        yield f"200 MB of zeros, packed: {service}", signed(cloud, admin, service, headers=zipped, body=body)
        number = b'{"maxResults": ' + b"9" * 100_000 + b"}"
        yield f"a number of 100,000 digits: {service}", signed(cloud, admin, service, headers=json_headers, body=number)
    cbor = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
    path = "/service/GraniteServiceVersion20100801/operation/ListMetrics"
    for name, body in (("arrays", b"\x81" * 100_000), ("a length of 2^63", b"\x9b" + b"\x7f" + b"\xff" * 7)):
        yield f"CBOR: {name}", signed(cloud, admin, "monitoring", address=path, headers=cbor, body=body)
    yield (
        "a policy of 50,000 brackets",
        signed(
            cloud,
            admin,
            "iam",
            headers={"Content-Type": FORM},
            body=urlencode({"Action": "CreateRole", "Version": "2010-05-08", **json.loads(policy)}).encode(),
        ),
    )


def send_bombs(cloud: LocalCloud, outcome: Outcome) -> None:
    for name, request in bombs(cloud):
        status, answer = send(cloud, request)
        outcome.note(name, status, answer)
        if status < 400:
            outcome.broken.append(f"{name}: {status}, as if it were nothing")
