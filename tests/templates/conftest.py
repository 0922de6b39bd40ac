from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from stacks.settings import Settings, load_settings
from stacks.specs import Workload
from stacks.workloads import WORKLOADS
from tests.settings import FILE, bring
from tests.templates.cloud_assembly import PROJECT, CloudAssembly, Copy, synthesize, synthesize_under_rules
from tests.templates.template import Template

#: What a synthesis reads.
SOURCES = (
    *("app.py", "cdk.json", "handover", "stacks", "lambda"),
    *("ml_steps", "ml_init", "ml_training", "ml_test", "ml_release", "web"),
)
#: For a workload that has nothing to tune: a synthesis refuses to have its pushes tuned.
TUNING = """
[tuning]
strategy = "Random"
jobs = 2
parallel = 1
[tuning.ranges.epochs]
kind = "integer"
low = 1
high = 2
"""
#: The workloads with a door.
WITH_DOORS = sorted(name for name, workload in WORKLOADS.items() if workload.doors)


@pytest.fixture(scope="session")
def assembly(delivered: Path, tmp_path_factory: pytest.TempPathFactory) -> CloudAssembly:
    """What `cdk synth` makes of this checkout with the tests' settings."""
    return synthesize(delivered, tmp_path_factory.mktemp("assembly") / "cdk.out")


@pytest.fixture(scope="session")
def delivered(project_copy: Copy) -> Path:
    """This checkout, as far as a synthesis reads it, with the tests' settings."""
    return project_copy("delivered")


@pytest.fixture(scope="session")
def project_copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """Makes a copy of what a synthesis reads, in a folder of another name, with the tests' settings."""

    def copy(name: str) -> Path:
        folder = tmp_path_factory.mktemp(name)
        for source in SOURCES:
            path = PROJECT / source
            if path.is_dir():
                shutil.copytree(path, folder / source, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(path, folder / source)
        bring(folder)
        return folder

    return copy


@pytest.fixture(scope="session")
def assembly_with_approval(project_copy: Copy, tmp_path_factory: pytest.TempPathFactory) -> CloudAssembly:
    """What `cdk synth` makes of a project whose releases a person approves, and is told of by e-mail."""
    project = project_copy("approval")
    decide(project, ("approval = false", "approval = true"), ('email = ""', 'email = "ada@example.org"'))
    return synthesize(project, tmp_path_factory.mktemp("approved") / "cdk.out")


@pytest.fixture(scope="session")
def assembly_with_key(project_copy: Copy, tmp_path_factory: pytest.TempPathFactory) -> CloudAssembly:
    """What a project makes that asks for a key of its own and has a connection, with the rules' report on it."""
    project = project_copy("key")
    decide(project, ("customer_managed_key = false", "customer_managed_key = true"))
    decide(project, ("# connection =", "connection ="), ('token_secret = "gatehouse/github-token"\n', ""))
    return synthesize_under_rules(project, tmp_path_factory.mktemp("with_key"))


def decide(project: Path, *decisions: tuple[str, str]) -> None:
    """Changes lines of a project's gatehouse.toml."""
    settings = project / "gatehouse.toml"
    text = settings.read_text()
    for before, after in decisions:
        assert before in text
        text = text.replace(before, after)
    settings.write_text(text)


@pytest.fixture(scope="session")
def assembly_with_ab(project_copy: Copy, tmp_path_factory: pytest.TempPathFactory) -> CloudAssembly:
    """What `cdk synth` makes of a project whose releases compete with the champion."""
    project = project_copy("ab")
    with (project / "gatehouse.toml").open("a") as settings:
        settings.write("\n[stages.prod.ab]\nchallenger_weight_percent = 20\n")
    return synthesize(project, tmp_path_factory.mktemp("competing") / "cdk.out")


@pytest.fixture(scope="session")
def assembly_with_tuning(project_copy: Copy, tmp_path_factory: pytest.TempPathFactory) -> CloudAssembly:
    """What `cdk synth` makes of a project whose pushes are tuned."""
    project = project_copy("tuning")
    decide(project, ("on_push = false", "on_push = true"))
    for training in project.glob("ml_training/*/training.toml"):
        if "[tuning]" not in (text := training.read_text()):
            training.write_text(f"{text}\n{TUNING}")
    return synthesize(project, tmp_path_factory.mktemp("tuned") / "cdk.out")


@pytest.fixture(scope="session")
def assembly_with_batch(project_copy: Copy, tmp_path_factory: pytest.TempPathFactory) -> CloudAssembly:
    """What `cdk synth` makes of a project whose files may be scored, one workload's by a schedule.

    Comments replace the abstracts of nyt_comments, and credit_default has a branch of its own.
    """
    project = project_copy("batch")
    decide(project, ("# [workloads.credit_default.github]\n# branch", "[workloads.credit_default.github]\nbranch"))
    decide(project, ("# [batch]", "[batch]"))
    decide(project, ("# [workloads.credit_default.batch]\n# schedule", "[workloads.credit_default.batch]\nschedule"))
    decide(project, ("# [workloads.nyt_comments]\n# dataset =", "[workloads.nyt_comments]\ndataset ="))
    return synthesize(project, tmp_path_factory.mktemp("scoring") / "cdk.out")


@pytest.fixture(scope="session", params=WITH_DOORS)
def entered(request: pytest.FixtureRequest) -> Workload:
    """A workload that has a door."""
    return WORKLOADS[request.param]


@pytest.fixture(scope="session")
def api(assembly: CloudAssembly, entered: Workload) -> Template:
    """The template of its API."""
    return assembly.templates[entered.stack_name("Api")]


@pytest.fixture(scope="session")
def frame(assembly: CloudAssembly, entered: Workload) -> Template:
    """The template of its pipeline, which has what a person decides of the door."""
    return assembly.templates[entered.stack_name("Pipeline")]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what a ``watched`` test would ask of a workload whose answers nobody watches."""
    out = [
        item
        for item in items
        if item.get_closest_marker("watched") and not WORKLOADS[item.callspec.params["workload"]].watches
    ]
    config.hook.pytest_deselected(items=out)
    items[:] = [item for item in items if item not in out]


@pytest.fixture(scope="session", params=sorted(WORKLOADS))
def workload(request: pytest.FixtureRequest) -> Workload:
    return WORKLOADS[request.param]


@pytest.fixture(scope="session")
def pipeline(assembly: CloudAssembly, workload: Workload) -> Template:
    return assembly.templates[workload.stack_name("Pipeline")]


@pytest.fixture(scope="session")
def qa(assembly: CloudAssembly, workload: Workload) -> Template:
    return assembly.templates[workload.stack_name("Qa")]


@pytest.fixture(scope="session")
def prod(assembly: CloudAssembly, workload: Workload) -> Template:
    return assembly.templates[workload.stack_name("Prod")]


@pytest.fixture(scope="session")
def settings() -> Settings:
    return load_settings(FILE)
