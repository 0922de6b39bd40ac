"""Buildspecs: what is read, and what is wrong is named with its line."""

import pytest

from localcloud.services.codebuild.buildspec import ArtifactSpec, BuildspecError, OnFailure, PhaseSpec, parse

WHOLE = """
version: 0.2
env:
  shell: bash
  variables:
    ROUNDS: 10
    FLAG: yes
  parameter-store: {PARAMETER: /a/b}
  secrets-manager: {TOKEN: "id:key"}
  exported-variables: [VERDICT]
  git-credential-helper: no
proxy: {upload-artifacts: no, logs: yes}
phases:
  install:
    runtime-versions: {python: 3.11}
    commands: pip install x
  build:
    on-failure: ABORT
    commands:
      - one
      - |
        two
        three
    finally: [four]
artifacts:
  files: ["**/*"]
  base-directory: out
  discard-paths: yes
  name: n-$(date)
  secondary-artifacts:
    Report: {files: [report.html]}
cache: {paths: ["a/**/*"]}
"""


def test_a_whole_buildspec_is_read() -> None:
    """Every key arrives where it belongs, scalars as they are written."""
    spec = parse(WHOLE)
    assert spec.shell == "/bin/bash"
    assert spec.variables == {"ROUNDS": "10", "FLAG": "yes"}
    assert spec.runtime_versions == {"python": "3.11"}
    assert spec.exported_variables == ("VERDICT",)
    assert spec.phases["install"] == PhaseSpec(commands=("pip install x",))
    assert spec.phases["build"] == PhaseSpec(
        commands=("one", "two\nthree\n"), finally_commands=("four",), on_failure=OnFailure.ABORT
    )
    assert spec.artifacts == ArtifactSpec(files=("**/*",), base_directory="out", discard_paths=True, name="n-$(date)")
    assert spec.secondary_artifacts == {"Report": ArtifactSpec(files=("report.html",))}
    assert spec.cache_paths == ("a/**/*",)


def test_json_is_a_buildspec_too() -> None:
    """CDK writes inline buildspecs as JSON."""
    spec = parse('{\n  "version": "0.2",\n  "phases": {"build": {"commands": ["ls"]}}\n}')
    assert spec.phases["build"].commands == ("ls",)


def test_secondary_artifacts_alone_need_no_files() -> None:
    """With several outputs of a pipeline's action, only the secondary ones are named."""
    spec = parse(
        "version: 0.2\nphases: {build: {commands: [a]}}\nartifacts: {secondary-artifacts: {A: {files: [x]}}}\n"
    )
    assert spec.artifacts is None
    assert list(spec.secondary_artifacts) == ["A"]


BUILD = "version: 0.2\nphases:\n  build:\n    commands: [ls]\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the buildspec is empty"),
        ("- a\n", "line 1: the buildspec must be a mapping, found a list"),
        ("version: 0.1\nphases: {}\n", "line 1: version is 0.1, supported is 0.2"),
        ("phases: {}\n", "version is none"),
        ("version: 0.2\n", "the buildspec has no phases"),
        ("version: 0.2\nphases:\n  build:\n    comands: [ls]\n", "line 4: unknown key 'comands' in phases/build"),
        (
            "version: 0.2\nphases:\n  biuld:\n    commands: [ls]\n",
            "line 3: unknown key 'biuld' in phases; allowed: build",
        ),
        ("version: 0.2\nphases:\n  build:\n    commands:\n      - echo a: b\n", "line 5: .* needs quotes"),
        ("version: 0.2\nphases:\n  build:\n    finally: [ls]\n", "line 4: phases/build has no commands"),
        (
            "version: 0.2\nphases:\n  build:\n    commands: [ls]\n    commands: [ls]\n",
            "line 5: 'commands' occurs twice",
        ),
        (BUILD + "    on-failure: MAYBE\n", "line 5: on-failure is MAYBE, supported are ABORT and CONTINUE"),
        (BUILD + "    on-failure: RETRY-2\n", "line 5: `on-failure: RETRY-2` is not supported"),
        (BUILD + "    run-as: me\n", "line 5: `run-as` is not supported by the local cloud"),
        (BUILD + "batch: {}\n", "line 5: `batch` is not supported"),
        (BUILD + "reports: {}\n", "line 5: `reports` is not supported"),
        (BUILD + "env: {shell: powershell}\n", "line 5: shell is powershell, supported are bash and sh"),
        (BUILD + "env:\n  variables: {a-b: x}\n", "line 6: variables: 'a-b' is not the name of a variable"),
        (BUILD + "env: {git-credential-helper: yes}\n", "`git-credential-helper: yes` is not supported"),
        (BUILD + "artifacts: {name: x}\n", "line 5: artifacts has no files"),
        (BUILD + "artifacts: {files: [x], discard-paths: perhaps}\n", "discard-paths is perhaps"),
        (BUILD + "cache: {key: x, paths: [y]}\n", "line 5: `key` is not supported"),
        ("version: 0.2\nphases: [\n", "line 3: "),
        ("a: \x00", "special characters"),
    ],
)
def test_what_is_wrong_is_named(text: str, message: str) -> None:
    """The error says the line, what stands there and what is allowed."""
    with pytest.raises(BuildspecError, match=message):
        parse(text)
