"""Reads a workload's files at synthesis, as its steps will read them: what is wrong is refused before anything runs.

The types and the readers are the steps' own: ``ml_init/dataset.py``, ``ml_training/training.py`` and
``ml_test/gate/rules.py``. What is added here is what files say of each other, and of gatehouse.toml. The steps judge by
themselves again: a synthesis runs what a push brings.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from handover.datasets import known, rules_tables_of, tables_of, text_in
from handover.errors import FileFault
from handover.nearness import did_you_mean
from ml_init.dataset import Dataset
from ml_steps.running import StepError
from ml_steps.strict import Fault, Texts, read_files
from ml_test.gate.answer_tables import TABLES, ClassesTable, LabelsTable, ProbabilityTable
from ml_test.gate.metric_facts import FACTS
from ml_test.gate.rules import Rules
from ml_training.training import Job, Training

from stacks.settings import Settings
from stacks.specs import Workload

#: In place of a checksum that nobody has stated: the data step says what to do.
_UNSTATED = "0" * 64
_CHECKSUM = re.compile("[0-9a-f]{64}")


@contextmanager
def refusals() -> Iterator[None]:
    """Ends a program with what is wrong in a file, and without a traceback: it is no fault of the program."""
    try:
        yield
    except FileFault as fault:
        sys.exit(str(fault))


def check_files(project: Path, workloads: Iterable[Workload], settings: Settings) -> None:
    """FileFault with a line for each file of a workload that is wrong: file, line, the value seen, what is allowed."""
    faults = [each for workload in workloads for each in faults_of(project, workload.name, settings.of(workload.name))]
    if faults:
        raise FileFault("\n".join(faults))


def faults_of(project: Path, workload: str, settings: Settings) -> list[str]:
    """What is wrong in a workload's files, also in those of data sets that gatehouse.toml does not choose."""
    return list(dict.fromkeys(_faults_of(project, workload, settings)))


def _faults_of(project: Path, workload: str, settings: Settings) -> Iterator[str]:
    chosen: Dataset | None = None
    for name in (None, *known(project, workload)):
        dataset: Dataset | None = None
        try:
            dataset = _dataset(project, workload, name)
            _rules(project, workload, name, dataset)
        except FileFault as fault:
            yield str(fault)
        if name == settings.dataset:
            chosen = dataset
    if chosen is not None:
        try:
            _training(project, workload, settings, chosen)
        except FileFault as fault:
            yield str(fault)


def _dataset(project: Path, workload: str, name: str | None) -> Dataset:
    texts = Texts(partial(text_in, project))
    tables = tables_of(workload, name, texts.read)

    def read(document: Mapping[str, Any]) -> Dataset:
        for each in _with_checksums(document):
            each["sha256"] = each["sha256"] or _UNSTATED
        dataset = Dataset.of(document)
        for each in _with_checksums(document):
            if not _CHECKSUM.fullmatch(each["sha256"]):
                raise Fault(f"sha256 = {each['sha256']!r}: expected 64 hexadecimal digits", each, "sha256")
        for row in dataset.examples:
            _check_width(row, dataset, (), "examples")
        return dataset

    return read_files(texts.read_ones, tables, read)


def _with_checksums(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The tables that name a file, if they are tables."""
    found = [document.get("file"), document.get("titles")]
    pretrained = document.get("pretrained")
    found += pretrained if isinstance(pretrained, list) else []
    return [each for each in found if isinstance(each, dict) and isinstance(each.get("sha256"), str)]


def _rules(project: Path, workload: str, name: str | None, dataset: Dataset) -> Rules:
    texts = Texts(partial(text_in, project))
    tables = rules_tables_of(workload, name, texts.read)

    def read(document: Mapping[str, Any]) -> Rules:
        rules = Rules.of(document, kinds=TABLES, metrics=FACTS)
        _check_columns(rules, dataset)
        for row in rules.smoke.requests:
            _check_width(row, dataset, ("smoke",), "requests")
        return rules

    return read_files(texts.read_ones, tables, read)


def _check_columns(rules: Rules, dataset: Dataset) -> None:
    """Fault for a label or a column that the data do not have."""
    answers = rules.answers
    if isinstance(answers, ProbabilityTable):
        _check_named(answers.of, dataset.labels, ("answers",), "of")
    if isinstance(answers, LabelsTable | ClassesTable) and not dataset.labels:
        said = f"[answers] kind = {answers.name!r} cannot be judged: the data have no label"
        raise Fault(said, ("answers",), "kind")
    features = [column.name for column in dataset.features]
    if answers.grouped_by:
        _check_named(answers.grouped_by, features, ("answers",), "grouped_by")
    if rules.popularity is not None:
        _check_named(rules.popularity.column, features, ("popularity",), "column")
    for place, cut in enumerate(rules.cuts):
        names = features if cut.training_rows else [column.name for column in dataset.columns]
        _check_named(cut.feature, names, ("slices", "by", place), "feature")


def _check_named(name: str, names: Iterable[str], path: tuple[str | int, ...], key: str) -> None:
    if name not in (allowed := list(names)):
        table = ".".join(part for part in path if isinstance(part, str))
        close = did_you_mean(name, allowed)
        raise Fault(f"[{table}] {key} = {name!r}: expected one of {', '.join(allowed) or 'none'}{close}", path, key)


def _check_width(row: str, dataset: Dataset, path: tuple[str, ...], key: str) -> None:
    """Fault for a row without its label that lacks a value, or has one too many."""
    if fault := dataset.width_fault(row):
        raise Fault(f"{key}: {fault}", path, key)


def _training(project: Path, workload: str, settings: Settings, dataset: Dataset) -> None:
    folder = project / "ml_training"
    file = Training.file_of(folder, workload, len(dataset.labels))

    def check(training: Training) -> None:
        _check_job(training.job, settings)
        if training.label_count not in (None, len(dataset.labels)):
            said = f"the data have {', '.join(dataset.labels) or 'no label'}"
            raise Fault(f"[data] label_count = {training.label_count}: {said}", ("data",), "label_count")
        if settings.training.tuning.on_push and training.tuning is None:
            raise Fault("gatehouse.toml has each push tuned ([training.tuning]), and there is no [tuning] here", ())
        try:
            training.algorithm.source(folder / workload)
        except StepError as error:
            raise Fault(f"[algorithm] {error}", ("algorithm",), "entry") from error

    Training.of_text((folder / file).read_text(), f"ml_training/{file}", check)


def _check_job(job: Job, settings: Settings) -> None:
    """Fault for a job beyond what gatehouse.toml allows: the role of the training step would refuse it."""
    allowed = settings.training
    if job.instance_type not in allowed.instance_types:
        said = f"gatehouse.toml allows {', '.join(allowed.instance_types)} ([training] instance_types)"
        raise Fault(f"[job] instance_type = {job.instance_type!r}: {said}", ("job",), "instance_type")
    seconds, most = job.max_runtime_seconds, 60 * allowed.max_runtime_minutes
    if seconds > most:
        said = f"gatehouse.toml allows {most} ([training] max_runtime_minutes)"
        raise Fault(f"[job] max_runtime_seconds = {seconds}: {said}", ("job",), "max_runtime_seconds")
