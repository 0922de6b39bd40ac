"""The code that judges a push. It is deployed with the pipeline's stack, by a person: no push can change it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_s3_assets as s3_assets
from handover import datasets

from constructs import Construct
from stacks.constructs.own_files import PROJECT, archive
from stacks.specs import Workload

#: What gate, approval and verification are made of. The workload's rules and contract as deployed come with them.
_FILES = (
    "handover/*.py",
    "ml_steps/**/*.py",
    "ml_init/*.py",
    "ml_test/*.py",
    "ml_test/requirements.lock",
    "ml_test/gate/**/*.py",
    "ml_test/gate/*.css",
    "ml_release/*.py",
    "ml_release/requirements.lock",
)


class JudgeCode(Construct):
    """An archive in the CDK's asset bucket, under the hash of its files. The pipeline takes it as a source of its own.

    Who may write it is who may deploy: the builds of the pipeline have no permission on that bucket.
    """

    def __init__(self, scope: Construct, construct_id: str, *, workload: Workload, dataset: str | None) -> None:
        super().__init__(scope, construct_id)
        patterns = [*_FILES, *datasets.files_of(workload.name, dataset)]
        patterns += [file for file in datasets.rules_of(workload.name, dataset) if (PROJECT / file).is_file()]
        self.asset: s3_assets.Asset = archive(self, "Code", folder=f"ml_test/{workload.name}", patterns=patterns)


def judges_build(
    module: str, *, requirements: str, files: Sequence[str] = (), exports: Sequence[str] = ()
) -> codebuild.BuildSpec:
    """The build file of a step that judges. It stands in the project itself, where no push can change it.

    ``files``: those of its output artifact. ``exports``: the variables that it hands on, from ``out/variables.env``.
    """
    run = f"python -m {module}"
    if exports:
        # They are exported even if the step fails: a rejection is one.
        run += "; code=$?; test ! -f out/variables.env || . out/variables.env; (exit $code)"
    document: Mapping[str, object] = {
        "version": 0.2,
        **({"env": {"exported-variables": list(exports)}} if exports else {}),
        "phases": {
            "install": {"runtime-versions": {"python": 3.11}, "commands": [f"pip install -q -r {requirements}"]},
            "build": {"commands": [run]},
        },
        **({"artifacts": {"base-directory": "out", "files": list(files)}} if files else {}),
    }
    return codebuild.BuildSpec.from_object(dict(document))
