"""Which pushes start a pipeline with a connection, and which triggers a pipeline may have."""

from typing import Any

import pytest

from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.services.codepipeline import triggers
from tests.unit.localcloud.services.codepipeline.test_structure import PIPELINE, checked

ARN = "arn:aws:codeconnections:us-east-1:123456789012:connection/1"
CONNECTED = {
    "name": "Hub",
    "actionTypeId": dict(zip(("category", "owner", "provider", "version"), triggers.CONNECTION, strict=True)),
    "configuration": {"ConnectionArn": ARN, "FullRepositoryId": "octo/cars", "BranchName": "main"},
    "outputArtifacts": [{"name": "SourceOutput"}],
    "namespace": "Source",
}


def pipeline(*push: dict[str, Any], action: dict[str, Any] | None = None, **git: Any) -> dict[str, Any]:
    """A pipeline with a trigger of these push filters; without any, and without ``git``, it has no trigger."""
    configuration = {"sourceActionName": "Hub", **({"push": list(push)} if push else {}), **git}
    trigger = {"providerType": "CodeStarSourceConnection", "gitConfiguration": configuration}
    stages = [{"name": "Source", "actions": [CONNECTED | (action or {})]}, *PIPELINE["stages"][1:]]
    return {**PIPELINE, "stages": stages, **({"triggers": [trigger]} if push or git else {})}


def pushed(ref: str = "refs/heads/main", *files: str, **event: Any) -> triggers.Push | None:
    head = {"id": "c" * 40, "added": list(files), "removed": [], "modified": []}
    told = {"ref": ref, "after": "c" * 40, "commits": [head], "head_commit": head}
    return triggers.push_of({**told, "repository": {"full_name": "octo/cars"}, **event})


def starts(declared: dict[str, Any], push: triggers.Push | None) -> bool:
    assert push is not None
    return triggers.starts(declared, declared["stages"][0]["actions"][0], push)


def includes(*patterns: str) -> dict[str, list[str]]:
    return {"includes": list(patterns)}


PATHS = {"branches": includes("main"), "filePaths": {"includes": ["cars/**"], "excludes": ["**/*.md"]}}


@pytest.mark.parametrize(
    ("push", "ref", "files", "started"),
    [
        ([PATHS], "refs/heads/main", ["cars/a.py"], True),
        ([PATHS], "refs/heads/main", ["cars/README.md"], False),
        ([PATHS], "refs/heads/main", ["cars/README.md", "cars/a.py"], True),
        ([PATHS], "refs/heads/main", ["trucks/a.py"], False),
        ([PATHS], "refs/heads/dev", ["cars/a.py"], False),
        ([PATHS, {"branches": includes("dev")}], "refs/heads/dev", ["trucks/a.py"], True),
        ([{"branches": includes("feature/**")}], "refs/heads/feature/a/b", [], True),
        ([{"branches": {"excludes": ["main"]}}], "refs/heads/main", ["a"], False),
        ([{"branches": {"includes": ["*"], "excludes": ["main"]}}], "refs/heads/dev", ["a"], True),
        ([{"branches": includes("*")}], "refs/tags/v1", ["a"], False),
        ([{"tags": includes("v*")}], "refs/tags/v1", [], True),
        ([{"tags": {"excludes": ["v*"]}}], "refs/tags/v1", [], False),
        ([{"tags": includes("v*")}], "refs/heads/v1", [], False),
    ],
)
def test_filters(push: list[dict[str, Any]], ref: str, files: list[str], *, started: bool) -> None:
    """One filter must fit with all its criteria; what is excluded counts first, file by file."""
    assert starts(pipeline(*push), pushed(ref, *files)) is started


def test_without_a_filter_the_actions_branch_counts() -> None:
    """A trigger without filters, or no trigger, starts at pushes to the branch, unless changes are not detected."""
    silent = {"configuration": {**CONNECTED["configuration"], "DetectChanges": "false"}}

    assert starts(pipeline(), pushed())
    assert not starts(pipeline(), pushed("refs/heads/dev"))
    assert not starts(pipeline(action=silent), pushed())
    assert starts(pipeline(sourceActionName="Hub"), pushed())


def test_pushes_that_start_nothing() -> None:
    """A deleted branch is no push, and another repository's push is not for this pipeline."""
    assert pushed(after="0" * 40, head_commit=None) is None
    assert not starts(pipeline(), pushed(repository={"full_name": "octo/trucks"}))


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        (pipeline(PATHS) | {"pipelineType": "V1", "variables": []}, "need a pipeline of type V2"),
        (pipeline(PATHS, sourceActionName="Nobody"), "names the source action Nobody"),
        (pipeline({"filePaths": includes("a")}), "has filePaths; it takes tags, or branches"),
        (pipeline({"tags": includes("a"), "branches": includes("b")}), "has branches, tags; it takes"),
        (pipeline({"branches": {}}), "neither includes nor excludes"),
        (pipeline({"branches": includes("{a")}), "'{a' of the trigger of action Hub is no glob pattern"),
        (pipeline(PATHS) | {"triggers": pipeline(PATHS)["triggers"] * 2}, "Hub has 2 triggers"),
    ],
)
def test_mistakes(declared: dict[str, Any], words: str) -> None:
    """Each mistake is an InvalidStructureException with the value that is wrong."""
    with pytest.raises(AwsError) as refused:
        triggers.check(declared)

    assert refused.value.code == "InvalidStructureException"
    assert words in refused.value.message


def test_pull_requests_are_refused_by_name() -> None:
    """The local GitHub has no pull requests, so a trigger on them would never start anything."""
    with pytest.raises(UnsupportedError, match="pullRequest of the trigger of action Hub"):
        triggers.check(pipeline(pullRequest=[{"events": ["OPEN"]}]))


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("ConnectionArn", "arn:aws:iam::123456789012:role/p", "must be the ARN of a connection"),
        ("FullRepositoryId", "cars", "must be the owner and name of a repository"),
        ("DetectChanges", "yes", "must be true or false"),
        ("OutputArtifactFormat", "ZIP", "must be CODE_ZIP or CODEBUILD_CLONE_REF"),
        ("Owner", "octo", "unknown configuration 'Owner'"),
    ],
)
def test_configuration(key: str, value: str, words: str) -> None:
    """A source with a connection is refused with the key, the value and what it must be."""
    action = {"configuration": {**CONNECTED["configuration"], key: value}}

    with pytest.raises(AwsError) as refused:
        checked(lambda p: p.update(pipeline(action=action)))

    assert refused.value.code == "InvalidActionDeclarationException"
    assert words in refused.value.message


def test_a_clone_is_refused_by_name() -> None:
    """A reference for CodeBuild to clone is not served."""
    action = {"configuration": {**CONNECTED["configuration"], "OutputArtifactFormat": "CODEBUILD_CLONE_REF"}}

    with pytest.raises(UnsupportedError, match="OutputArtifactFormat CODEBUILD_CLONE_REF of action Hub"):
        checked(lambda p: p.update(pipeline(action=action)))
