"""A synthesis is a pure function of the commit."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.templates.cloud_assembly import CloudAssembly, Copy, synthesize

#: Nothing listens there: whoever asks the network fails.
NO_NETWORK = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9")


@pytest.fixture(scope="module")
def elsewhere(project_copy: Copy, tmp_path_factory: pytest.TempPathFactory) -> CloudAssembly:
    """The same commit in another folder, with another home, hash seed, time zone, language and another AWS account."""
    return synthesize(
        project_copy("elsewhere"),
        tmp_path_factory.mktemp("other") / "assembly",
        **NO_NETWORK,
        HOME=str(tmp_path_factory.mktemp("home")),
        # The CDK's own code, unpacked once: doing it again for the new home would take twice as long as all the rest.
        JSII_RUNTIME_PACKAGE_CACHE_ROOT=str(Path.home() / ".cache" / "aws" / "jsii" / "package-cache"),
        PYTHONHASHSEED="7",
        TZ="Asia/Tokyo",
        LC_ALL="C",
        AWS_REGION="eu-central-1",
        AWS_DEFAULT_REGION="eu-central-1",
        AWS_ACCESS_KEY_ID="AKIAOTHEROTHEROTHER1",
        AWS_SECRET_ACCESS_KEY="no secret",
        AWS_EC2_METADATA_DISABLED="true",
        CDK_DEFAULT_ACCOUNT="999999999999",
        CDK_DEFAULT_REGION="eu-central-1",
    )


def test_templates_are_byte_identical_wherever_and_whoever_synthesizes(
    assembly: CloudAssembly, elsewhere: CloudAssembly
) -> None:
    """Another user's synthesis in another folder writes the same templates."""
    assert len(assembly.template_files) >= 3
    for path in assembly.template_files:
        assert path.read_bytes() == (elsewhere.folder / path.name).read_bytes()


def test_so_is_everything_else_that_a_synthesis_writes(assembly: CloudAssembly, elsewhere: CloudAssembly) -> None:
    """The whole cloud assembly holds no path, no time and no name of a machine."""
    here, there = assembly.files, elsewhere.files
    assert here.keys() == there.keys()
    assert [name for name in here if here[name] != there[name]] == []


def test_a_workload_alone_gives_the_same_templates(assembly: CloudAssembly, delivered: Path, tmp_path: Path) -> None:
    """The context names the workload, as the pipeline's Build stage does; the others are left out, and a typo stops."""
    alone = synthesize(delivered, tmp_path / "cdk.out", only="iris")
    assert sorted(path.name for path in alone.template_files) == [
        f"Iris{kind}.template.json" for kind in ("Api", "Pipeline", "Prod", "Qa")
    ]
    for path in alone.template_files:
        assert path.read_bytes() == (assembly.folder / path.name).read_bytes()
    with pytest.raises(AssertionError, match="there is no workload 'irsi'; there are car_evaluation"):
        synthesize(delivered, tmp_path / "typo", only="irsi")
