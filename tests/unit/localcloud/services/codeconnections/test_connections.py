"""Connections, and what may be asked through one."""

import pytest

from localcloud.platform.cloud import Cloud
from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.platform.service import HttpRequest
from localcloud.services.codeconnections import repository
from localcloud.services.codeconnections.connections import ConnectionOperations
from localcloud.services.codeconnections.service import CodeStarConnections
from tests.unit.localcloud.services.calls import call

CALL = call("codeconnections")
ASKED = "ConnectionArn={arn}&FullRepositoryId=o/r&BranchName=main&ProviderAction={action}&Revision=main"
ARN = "arn:aws:codeconnections:us-east-1:123456789012:connection/1"


def test_both_names_have_the_same_connections(cloud: Cloud) -> None:
    """A connection's ARN has the name of the service that made it; both find it, and it is AVAILABLE at once."""
    new, former = ConnectionOperations(cloud), CodeStarConnections(cloud)
    arns = [
        each.create_connection(CALL, {"ConnectionName": "hub", "ProviderType": "GitHub"})["ConnectionArn"]
        for each in (new, former)
    ]

    assert [arn.split(":")[2] for arn in arns] == ["codeconnections", "codestar-connections"]
    assert {each["ConnectionArn"] for each in former.list_connections(CALL, {})["Connections"]} == set(arns)
    assert new.get_connection(CALL, {"ConnectionArn": arns[1]})["Connection"]["ConnectionStatus"] == "AVAILABLE"
    new.delete_connection(CALL, {"ConnectionArn": arns[1]})
    with pytest.raises(AwsError, match="not found"):
        former.get_connection(CALL, {"ConnectionArn": arns[1]})


def test_pages_and_filters(cloud: Cloud) -> None:
    """Connections come page by page, and of the provider that is asked for."""
    connections = ConnectionOperations(cloud)
    for _ in range(3):
        connections.create_connection(CALL, {"ConnectionName": "hub", "ProviderType": "GitHub"})

    first = connections.list_connections(CALL, {"MaxResults": 2})
    rest = connections.list_connections(CALL, {"MaxResults": 2, "NextToken": first["NextToken"]})

    assert (len(first["Connections"]), len(rest["Connections"]), "NextToken" in rest) == (2, 1, False)
    assert connections.list_connections(CALL, {"ProviderTypeFilter": "GitLab"})["Connections"] == []


def test_tags(cloud: Cloud) -> None:
    """Tags are those of the creation, changed one by one."""
    connections = ConnectionOperations(cloud)
    made = {"ConnectionName": "hub", "ProviderType": "GitHub", "Tags": [{"Key": "a", "Value": "1"}]}
    named = {"ResourceArn": connections.create_connection(CALL, made)["ConnectionArn"]}

    connections.tag_resource(CALL, {**named, "Tags": [{"Key": "b", "Value": "2"}]})
    connections.untag_resource(CALL, {**named, "TagKeys": ["a"]})

    assert connections.list_tags_for_resource(CALL, named) == {"Tags": [{"Key": "b", "Value": "2"}]}


@pytest.mark.parametrize(
    ("given", "words"), [({"ProviderType": "GitLab"}, "ProviderType GitLab"), ({"HostArn": "h"}, "with HostArn")]
)
def test_other_providers_are_refused_by_name(cloud: Cloud, given: dict[str, str], words: str) -> None:
    """The local cloud has a GitHub and no other provider."""
    with pytest.raises(UnsupportedError, match=words):
        ConnectionOperations(cloud).create_connection(CALL, {"ConnectionName": "hub", **given})


def request(query: str, method: str = "GET") -> HttpRequest:
    return HttpRequest(method=method, path="/_codeconnections/repository", query=query, headers={}, body=b"")


def test_the_permission_for_a_use() -> None:
    """The permission is UseConnection of the service that the ARN names, on this connection."""
    asked = repository.use(request(ASKED.format(arn=ARN, action="GetBranch")))

    assert (asked.service, asked.operation) == ("codeconnections", "UseConnection")
    assert (asked.params["ConnectionArn"], asked.params["FullRepositoryId"]) == (ARN, "o/r")


@pytest.mark.parametrize(
    ("query", "method"),
    [
        (ASKED.format(arn=ARN, action="GitPush"), "GET"),
        (ASKED.format(arn=ARN, action="GetBranch"), "POST"),
        (ASKED.format(arn="arn:aws:s3:::bucket", action="GetBranch"), "GET"),
        ("ConnectionArn=" + ARN, "GET"),
        (ASKED.format(arn=ARN, action="GetBranch").replace("=o/r", "=o/s/zipball/main?"), "GET"),
        (ASKED.format(arn=ARN, action="GetBranch").replace("Revision=main", "Revision=dev"), "GET"),
    ],
)
def test_what_is_no_use(query: str, method: str) -> None:
    """Another action, method, ARN or branch, no repository, a missing parameter: refused before anybody is asked."""
    with pytest.raises(AwsError):
        repository.use(request(query, method))
