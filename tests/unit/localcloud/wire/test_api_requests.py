"""What moto is given is what was read, and has nothing else in it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.platform.errors import AwsError
from localcloud.platform.service import HttpRequest
from localcloud.wire import api_requests
from localcloud.wire.api_requests import Spoken

FORM = {"content-type": "application/x-www-form-urlencoded", "host": "localhost"}
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:mine-AbCdEf"


def json_call(target: str, body: bytes, **more: str) -> Spoken:
    headers = {"x-amz-target": target, "host": "localhost", **{n.replace("_", "-"): v for n, v in more.items()}}
    return api_requests.read(
        "secretsmanager", HttpRequest(method="POST", path="/", query="", headers=headers, body=body)
    )


def s3(line: str, body: bytes = b"", **headers: str) -> Spoken:
    method, _, address = line.partition(" ")
    path, _, query = address.partition("?")
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return api_requests.read("s3", HttpRequest(method=method, path=path, query=query, headers=named, body=body))


def test_json_is_written_anew() -> None:
    """Members that the operation lacks, other headers and a second value of a member do not reach moto."""
    body = b'{"SecretId": "a", "SecretId": "b", "Extra": "%s", "VersionStage": "v"}' % SECRET.encode()
    spoken = json_call("secretsmanager.GetSecretValue", body, user_agent="region/eu-west-1", x_moto_account_id="1")
    assert spoken.call.params == {"SecretId": "b", "VersionStage": "v"}
    assert json.loads(spoken.request.body) == spoken.call.params
    assert spoken.request.headers == {
        "host": "localhost",
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": "secretsmanager.GetSecretValue",
    }


@pytest.mark.parametrize(
    ("target", "body", "code"),
    [
        ("secretsmanager.GetSecretValue", b"{", "SerializationException"),
        ("secretsmanager.GetSecretValue", b"[]", "SerializationException"),
        ("secretsmanager.GetSecretValue", b'{"SecretId": NaN}', "SerializationException"),
        ("secretsmanager.GetSecretValue", b'\xff{"SecretId": "a"}', "SerializationException"),
        ("secretsmanager.GetSecretValue", b'{"SecretId":' + b"[" * 100_000, "SerializationException"),
        ("secretsmanager.GetSecretValue", b'{"SecretId": ' + b"9" * 10_000 + b"}", "SerializationException"),
        ("secretsmanager.GetSecretValue", b'{"SecretId": ["a"]}', "SerializationException"),
        ("secretsmanager.GetSecretValue", b"{}", "ValidationException"),
        ("Logs_20140328.GetSecretValue", b"{}", "UnknownOperationException"),
        ("GetSecretValue", b"{}", "UnknownOperationException"),
    ],
)
def test_json_that_does_not_fit_the_model_is_refused(target: str, body: bytes, code: str) -> None:
    """Broken, too deep, of other types, or another service's: each in AWS's words."""
    with pytest.raises(AwsError) as refused:
        json_call(target, body)
    assert refused.value.code == code


def query_call(service: str, body: bytes, path: str = "/", query: str = "") -> Spoken:
    return api_requests.read(service, HttpRequest(method="POST", path=path, query=query, headers=FORM, body=body))


def test_a_query_is_written_anew() -> None:
    """Only the pairs that the operation's model has are kept, in their order."""
    body = b"Action=CreateRole&Version=2010-05-08&RoleName=r&AssumeRolePolicyDocument=%7B%7D&Evil=1&Tags.1.Key=x"
    spoken = query_call("iam", body + b"&Tags.member.1.Key=a&Tags.member.1.Value=b+c")
    assert spoken.call.params["Tags"] == [{"Key": "a", "Value": "b c"}]
    assert b"Evil" not in spoken.request.body
    assert b"Tags.1" not in spoken.request.body


def test_a_queues_path_is_its_address() -> None:
    """Older clients send calls to the queue's address; what counts is the parameter, where there is one."""
    body = b"Action=SendMessage&Version=2012-11-05&MessageBody=m"
    spoken = query_call("sqs", body, path="/123456789012/q")
    assert spoken.call.params["QueueUrl"] == "http://localhost/123456789012/q"
    named = query_call("sqs", body + b"&QueueUrl=http://localhost/123456789012/other", path="/123456789012/q")
    assert named.call.params["QueueUrl"].endswith("/other")
    assert named.request.path == "/"


@pytest.mark.parametrize(
    ("service", "body", "path", "code"),
    [
        ("iam", b"Action=GetUser&Action=GetUser&Version=2010-05-08", "/", "MalformedQueryString"),
        ("iam", b"Action=GetUser&Version=2011-06-15", "/", "InvalidAction"),
        ("iam", b"Action=GetUser&Version=2010-05-08", "/elsewhere", "MalformedHttpRequestException"),
        ("iam", b"Action=GetUser&UserName=%ff", "/", "MalformedQueryString"),
        ("iam", b"Action=GetUser&UserName=a&UserName=b", "/", "MalformedQueryString"),
        ("iam", b"Action=CreateRole&RoleName=r&AssumeRolePolicyDocument=x&MaxSessionDuration=many", "/",
         "MalformedQueryString"),
    ],
)  # fmt: skip
def test_a_query_that_does_not_fit_the_model_is_refused(service: str, body: bytes, path: str, code: str) -> None:
    """Two actions, another version, another path, no UTF-8, a value twice, a value of another type."""
    with pytest.raises(AwsError) as refused:
        query_call(service, body, path)
    assert refused.value.code == code


def test_s3_keeps_what_the_operation_has() -> None:
    """Query and headers of other operations do not reach moto; the path is spelled in one way."""
    spoken = s3(
        "GET /b/%61%20k?versionId=1&x-id=GetObject&foo=bar", x_amz_acl="public-read", range="bytes=0-1", x_moto="1"
    )
    assert spoken.call.operation == "GetObject"
    assert spoken.request.path == "/b/a%20k"
    assert spoken.request.query == "versionId=1"
    assert spoken.request.headers == {"range": "bytes=0-1"}


def test_a_plus_sign_stands_for_itself() -> None:
    """As in the signature; moto would read a space."""
    assert s3("GET /b?list-type=2&prefix=a+b").request.query == "list-type=2&prefix=a%2Bb"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("GET /b%2Fk", "InvalidBucketName"),
        ("GET /..", "InvalidBucketName"),
        ("GET //k", "InvalidURI"),
        ("GET /b?acl&policy", "InvalidArgument"),
        ("GET /b/k?uploadId=1&tagging", "InvalidArgument"),
        ("GET /b?prefix=a&prefix=b", "InvalidArgument"),
        ("POST /b", "NotImplemented"),
        ("PATCH /b/k", "NotImplemented"),
    ],
)
def test_an_s3_request_that_names_two_things_is_refused(line: str, code: str) -> None:
    """A bucket that is a path, two subresources, a parameter twice, a form."""
    with pytest.raises(AwsError) as refused:
        s3(line)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ("b/k", "/b/k"),
        ("/b/a%3FversionId=1", "/b/a%3FversionId%3D1"),
        ("/b/k?versionId=a/b", "/b/k?versionId=a%2Fb"),
        ("/b/ä".encode().decode("latin-1"), None),
    ],
)
def test_a_copy_source_is_spelled_in_one_way(source: str, written: str | None) -> None:
    """The checks and moto read the same bucket, key and version."""
    spoken = s3("PUT /b/k", x_amz_copy_source=source)
    assert spoken.call.operation == "CopyObject"
    assert written is None or spoken.request.headers["x-amz-copy-source"] == written


@pytest.mark.parametrize("source", ["b", "/b/", "/b/k?x=1", "/b/k?versionId=", "/b/k?versionId=1&x", "//b/k"])
def test_a_copy_source_that_is_none_is_refused(source: str) -> None:
    """It names an object, and a version at most."""
    with pytest.raises(AwsError, match="copy source"):
        s3("PUT /b/k", x_amz_copy_source=source)


Tagging = b"<Tagging><TagSet>%s</TagSet></Tagging>"


@pytest.mark.parametrize(
    ("line", "body"),
    [
        ("PUT /b/k?tagging", Tagging % b"<Tag><Key>a</Key><Key>b</Key><Value>c</Value></Tag>"),
        ("PUT /b/k?tagging", Tagging % b"<Tag><Key>a</Key></Tag>"),
        ("PUT /b/k?tagging", Tagging % (b"<Tag><Key>a</Key><Value>b</Value></Tag>" * 2)),
        ("PUT /b/k?tagging", b"<X><TagSet></TagSet></X>"),
        ("PUT /b/k?tagging", b'<!DOCTYPE a [<!ENTITY b "c">]>' + Tagging % b""),
        ("POST /b?delete", b"<Delete><Object><Key>a</Key><Key>b</Key></Object></Delete>"),
        ("POST /b?delete", b"<Delete><x><Object><Key>a</Key></Object></x></Delete>"),
        ("POST /b?delete", b"<Delete></Delete>"),
        ("POST /b?delete", b"<Delete>"),
        ("POST /b?delete", b"\xff"),
    ],
)
def test_a_document_that_says_it_twice_is_refused(line: str, body: bytes) -> None:
    """Tags and deletions decide what is allowed: they are read strictly."""
    with pytest.raises(AwsError) as refused:
        s3(line, body)
    assert refused.value.code in {"MalformedXML", "InvalidTag"}


def test_the_empty_list_of_a_query_is_kept() -> None:
    """``Tags=`` asks for no tags, and is not unknown."""
    found: Any = query_call("sns", b"Action=CreateTopic&Version=2010-03-31&Name=t&Tags=").call.params
    assert "Tags" in found
