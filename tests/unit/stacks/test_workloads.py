"""The registry, the names made of it, and that folders and registry agree in both directions."""

from __future__ import annotations

import contextlib
import itertools
import re
from pathlib import Path

import pytest

from handover.places import glue_script_key
from ml_init.dataset import Dataset
from stacks.specs import Api, Glue, Workload
from stacks.workloads import WORKLOADS, chosen

PROJECT = Path(__file__).parents[3]
GLUE = Glue(glue_version="5.1", worker_type="G.1X", workers=2, timeout_minutes=15)

#: What each step needs of each workload. Training has defaults.
OF_A_WORKLOAD: dict[str, tuple[str, ...]] = {
    "ml_init": ("dataset.toml",),
    "ml_training": (),
    "ml_test": ("gate.toml",),
}
#: What all workloads share, beside their folders.
SHARED = {"ml_init": {"mleap_bundle"}, "ml_training": {"defaults"}, "ml_test": {"gate"}}
BUILD_FILES = (
    "stacks/buildspec.yml",
    "ml_init/buildspec.yml",
    "ml_training/buildspec.yml",
)


def test_a_synthesis_is_of_one_workload_or_of_all() -> None:
    """A name chooses its workload; none, or an empty one, chooses all; an unknown one is refused by name."""
    assert [each.name for each in chosen("iris")] == ["iris"]
    assert chosen(None) == chosen("") == list(WORKLOADS.values())
    with pytest.raises(ValueError, match="there is no workload 'irsi'; there are car_evaluation, "):
        chosen("irsi")


def test_stacks_and_endpoints_are_named_after_the_workload() -> None:
    """A workload's stacks, endpoints and script have names that are made of its own."""
    workload = Workload(name="car_evaluation", data=GLUE)
    assert workload.stack_name("Pipeline") == "CarEvaluationPipeline"
    assert workload.stack_name("Qa") == "CarEvaluationQa"
    assert workload.endpoint_name("Prod") == "car-evaluation-prod"


@pytest.mark.parametrize("name", ["", "Car", "car-evaluation", "car__x", "_car", "car_", "2cars", "cars_2", "a" * 41])
def test_a_name_that_aws_or_python_would_refuse_is_refused_here(name: str) -> None:
    """The refusal names the workload and the spelling that is wanted."""
    with pytest.raises(ValueError, match=f"workload name {name!r} is not lower-case words"):
        Workload(name=name, data=GLUE)


@pytest.fixture(scope="module")
def accepted() -> list[Workload]:
    """A workload of every accepted name of five characters at the most, of these characters, and some of the longest.

    They are enough for each rule of a name: letters, capitals, digits, underscores, dashes.
    """
    short = ("".join(each) for length in range(1, 6) for each in itertools.product("abB2_-", repeat=length))
    longest = (f"{'a' * letters}_{'b' * (length - letters - 1)}" for length in range(30, 80) for letters in (1, 20))
    found = []
    for name in (*short, *longest):
        with contextlib.suppress(ValueError):
            found.append(Workload(name=name, data=GLUE))
    assert {"a", "a2", "a_b2a"} <= {workload.name for workload in found}
    return found


def test_every_name_made_of_an_accepted_one_is_accepted_by_aws(accepted: list[Workload]) -> None:
    """Stacks take 128 letters and digits; endpoints, groups and sign-in domains 63, and dashes; functions 64."""
    for workload in accepted:
        for kind in ("Pipeline", "Qa", "Prod", "Api"):
            assert re.fullmatch(r"[A-Za-z][A-Za-z0-9]{0,127}", workload.stack_name(kind))
            assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", workload.endpoint_name(kind))
        assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", workload.dashed_name)
        assert re.fullmatch(r"[a-z0-9_]{1,255}", workload.name)
        assert re.fullmatch(r"[a-zA-Z0-9-_]{1,64}", workload.function_name)
        assert re.fullmatch(r"[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?", f"{workload.dashed_name}-123456789012")
        assert workload.name.isidentifier()


def test_two_accepted_names_never_make_the_same_name(accepted: list[Workload]) -> None:
    """Stacks and endpoints of two workloads are told apart, whatever the workloads are called."""
    for name_of in (lambda w: w.camel_name, lambda w: w.dashed_name, lambda w: glue_script_key(w.name)):
        assert len({name_of(workload) for workload in accepted}) == len({workload.name for workload in accepted})


def test_the_registry_finds_each_workload_by_its_name() -> None:
    """A workload's key in the registry is its name."""
    assert {key: workload.name for key, workload in WORKLOADS.items()} == {name: name for name in WORKLOADS}


@pytest.mark.parametrize("workload", WORKLOADS)
@pytest.mark.parametrize("step", OF_A_WORKLOAD)
def test_every_file_that_a_workload_needs_is_there(step: str, workload: str) -> None:
    """Each step has its programs and its configuration in the workload's folder."""
    folder = PROJECT / step / workload
    assert [file for file in OF_A_WORKLOAD[step] if not (folder / file).is_file()] == []


@pytest.mark.parametrize("workload", WORKLOADS.values(), ids=list(WORKLOADS))
def test_a_workload_has_a_script_for_spark_exactly_if_it_has_glue(workload: Workload) -> None:
    """A workload without Glue has no transform.py that nobody would run."""
    assert (PROJECT / "ml_init" / workload.name / "transform.py").is_file() == (workload.glue is not None)


@pytest.mark.parametrize("workload", WORKLOADS.values(), ids=list(WORKLOADS))
def test_training_may_read_each_channel_of_pretrained_weights(workload: Workload) -> None:
    """The registry names the channels of the data contract: without that, the job is refused its weights."""
    dataset = Dataset.read(PROJECT / "ml_init" / workload.name / "dataset.toml")
    assert {weights.channel for weights in dataset.pretrained} <= set(workload.channels)


@pytest.mark.parametrize("step", OF_A_WORKLOAD)
def test_every_folder_of_a_step_belongs_to_a_workload(step: str) -> None:
    """Each folder of a step is a workload's, or is listed here as shared by all."""
    folders = {path.name for path in (PROJECT / step).iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert SHARED[step] <= folders <= set(WORKLOADS) | SHARED[step]


def test_every_build_file_is_there_and_none_is_forgotten() -> None:
    """The build files of the repository are those that the constructs name."""
    found = {
        str(path.relative_to(PROJECT))
        for step in ("stacks", "ml_release", *OF_A_WORKLOAD)
        for path in _build_files(step)
    }
    assert found == set(BUILD_FILES)
    named = {file for source in (PROJECT / "stacks" / "steps").glob("*.py") for file in _named_in(source)}
    assert named == set(BUILD_FILES)


def _build_files(step: str) -> list[Path]:
    return list((PROJECT / step).glob("*buildspec.yml"))


def _named_in(source: Path) -> list[str]:
    return re.findall(r'"([\w/.]*buildspec\.yml)"', source.read_text())


@pytest.mark.parametrize("build_file", BUILD_FILES)
def test_what_a_build_file_installs_and_runs_is_there(build_file: str) -> None:
    """Each build file names a lock that exists, and modules that exist for each workload."""
    text = (PROJECT / build_file).read_text()
    locks = re.findall(r"-r (\S+)", text)
    assert len(locks) == 1
    assert (PROJECT / locks[0]).is_file()
    modules = re.findall(r"python -m ([\w.$]+)", text)
    assert modules
    for module in modules:
        for workload in WORKLOADS:
            path = PROJECT / (module.replace("$WORKLOAD", workload).replace(".", "/") + ".py")
            assert path.is_file(), path


def test_a_workload_has_one_door_at_the_most() -> None:
    """A second door is refused, for there is one address; a workload without one has no API."""
    assert Workload(name="cars").api is None
    assert Workload(name="cars", doors=(Api(),)).api == Api()
    with pytest.raises(ValueError, match="The workload cars has 2 doors"):
        Workload(name="cars", doors=(Api(), Api()))
