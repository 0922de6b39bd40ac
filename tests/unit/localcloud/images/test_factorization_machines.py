"""The algorithm factorization-machines: what it learns, and what it refuses."""

from __future__ import annotations

import importlib.util
import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from built_in import CustomerError
from factorization_machine import Machine
from fitting import DivergedError, Fitting, Rows
from machine_hyperparameters import DEFAULTS, validated
from measures import measures
from mxnet_model import read, write
from record_channels import matrix, read_channel
from recordio import Record, Tensor
from recordio import write as records
from scipy.sparse import csr_matrix

from localcloud.images.registry import image_of
from tests.unit.localcloud.images.conftest import IMAGES

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from numpy.typing import NDArray

REQUIRED = {"feature_dim": "5", "num_factors": "2", "predictor_type": "regressor"}
RNG = np.random.default_rng


def program(name: str) -> ModuleType:
    """A program of the image; other images have programs of the same names."""
    path = IMAGES / "sagemaker_factorization_machines" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"factorization_machines_{name}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def machine(seed: int = 3, width: int = 5, factors: int = 2, kind: str = "regressor") -> Machine:
    rng = RNG(seed)
    drawn = (rng.normal(size=shape).astype(np.float32) for shape in ((1,), (width,), (width, factors)))
    return Machine(kind, *drawn)


def by_pairs(found: Machine, row: NDArray[Any]) -> float:
    """The definition: each two features' product, by the product of their factors."""
    score = float(found.bias[0]) + float(row @ found.linear)
    for one in range(len(row)):
        for other in range(one + 1, len(row)):
            score += float(found.factors[one] @ found.factors[other]) * row[one] * row[other]
    return score


def test_scores_are_those_of_the_definition() -> None:
    """The closed form is the sum over all pairs; a classifier answers the sigmoid of it."""
    rows = RNG(5).normal(size=(20, 5)).astype(np.float32)
    rows[rows < 0] = 0
    wanted = [by_pairs(machine(), row) for row in rows]
    assert machine().scores(csr_matrix(rows)) == pytest.approx(wanted, rel=1e-5)
    classifier = machine(kind="binary_classifier")
    assert classifier.scores(csr_matrix(rows)) == pytest.approx(1 / (1 + np.exp(-np.array(wanted))), rel=1e-5)


def test_a_row_is_scored_alike_alone_and_among_others() -> None:
    """An endpoint may be asked for one row or for many: the answers are the same numbers."""
    rows = csr_matrix(RNG(5).normal(size=(50, 5)).astype(np.float32))
    together = machine().scores(rows)
    assert [machine().scores(rows[number])[0] for number in range(50)] == together.tolist()


@pytest.mark.parametrize("kind", ["regressor", "binary_classifier"])
def test_steps_follow_the_gradient(kind: str) -> None:
    """Adam's first step moves each parameter by its rate, against the sign of the loss's numerical gradient."""
    values = validated(
        REQUIRED
        | {"predictor_type": kind, "mini_batch_size": "30", "factors_init_sigma": "0.5", "bias_wd": "0"}
        | {"linear_wd": "0", "factors_wd": "0", "bias_lr": "0.01", "linear_lr": "0.01", "factors_lr": "0.01"}
    )
    rng = RNG(11)
    features = csr_matrix(rng.normal(size=(30, 5)).astype(np.float32))
    labels = rng.integers(0, 2, 30).astype(np.float32)
    fitting = Fitting(values, seed=1)
    before = [part.astype(np.float64).copy() for part in (fitting.machine.bias, fitting.machine.linear)]
    before.append(fitting.machine.factors.astype(np.float64).copy())

    def loss(parts: list[NDArray[Any]]) -> float:
        margins = Machine(kind, *parts).margins(features)
        if kind == "regressor":
            return float(((margins - labels) ** 2).mean() / 2)
        return float((np.log1p(np.exp(margins)) - labels * margins).mean())

    fitting.epoch(Rows(features, labels), 0, lambda *_: None)
    after = (fitting.machine.bias, fitting.machine.linear, fitting.machine.factors)
    for number, (old, new) in enumerate(zip(before, after, strict=True)):
        for place in np.ndindex(old.shape):
            shifted = [part.copy() for part in before]
            shifted[number][place] += 1e-5
            slope = (loss(shifted) - loss(before)) / 1e-5
            if abs(slope) > 1e-4:
                assert new[place] - old[place] == pytest.approx(-0.01 * np.sign(slope), rel=0.02)


def test_it_learns_what_only_interactions_can_tell() -> None:
    """The label is whether two features agree, which no linear model can see; the machine sees it."""
    rng = RNG(0)
    left, right = rng.integers(0, 2, 2000), rng.integers(0, 2, 2000)
    rows = np.zeros((2000, 4), np.float32)
    rows[np.arange(2000), left] = 1
    rows[np.arange(2000), 2 + right] = 1
    data = Rows(csr_matrix(rows), (left == right).astype(np.float32))
    changes = {"feature_dim": "4", "predictor_type": "binary_classifier", "mini_batch_size": "100"}
    fast = {"factors_lr": "0.05", "factors_init_sigma": "0.1", "bias_lr": "0.01"}
    fitting = Fitting(validated(REQUIRED | changes | fast), seed=0)
    for epoch in range(10):
        fitting.epoch(data, epoch, lambda *_: None)
    found = measures("binary_classifier", fitting.machine.scores(data.features), data.labels)
    assert found["binary_classification_accuracy"][1] > 0.99


def test_the_same_seed_makes_the_same_machine() -> None:
    """Training is a function of rows, hyperparameters and seed."""
    data = Rows(csr_matrix(RNG(2).normal(size=(40, 5)).astype(np.float32)), np.ones(40, np.float32))
    made = []
    for seed in (0, 0, 1):
        fitting = Fitting(validated(REQUIRED | {"mini_batch_size": "7"}), seed)
        fitting.epoch(data, 0, lambda *_: None)
        made.append(fitting.machine.factors.tobytes())
    assert made[0] == made[1] != made[2]


def test_lost_numbers_end_the_training_at_once() -> None:
    """The error names epoch and batch, and no model is made of it."""
    huge = csr_matrix(np.full((20, 5), 1e30, np.float32))
    fitting = Fitting(validated(REQUIRED | {"mini_batch_size": "10"}), seed=0)
    with pytest.raises(DivergedError, match="epoch 4, batch 0: a score is no number any more"):
        fitting.epoch(Rows(huge, np.ones(20, np.float32)), 4, lambda *_: None)


def test_an_artifact_is_the_machine() -> None:
    """The machine comes back out of its artifact, with AWS's names of the arrays; a foreign artifact is refused."""
    stored = machine().model({**DEFAULTS, **REQUIRED}, 7)
    found = read(write(stored))
    assert list(found.arrays) == ["arg:w1_weight", "arg:w0_weight", "arg:v"]
    assert (found.arrays["arg:w1_weight"].shape, found.arrays["arg:v"].shape) == ((5, 1), (5, 2))
    assert found.meta["training_parameters"]["num_factors"] == "2"
    assert Machine.of(found).factors.tobytes() == machine().factors.tobytes()
    with pytest.raises(ValueError, match="none of factorization-machines: predictor_type 'ntm'"):
        Machine.of(machine().model({"predictor_type": "ntm"}, 1))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"factors": "2"}, r"Additional hyperparameters are not allowed \('factors' was unexpected\)"),
        ({"a": "1", "b": "2"}, r"\('a', 'b' were unexpected\)"),
        (
            {"predictor_type": "ranker"},
            "The value 'ranker' is not valid for the 'predictor_type' .*: 'binary_classifier', 'regressor'",
        ),
        (
            {"epochs": "0"},
            r"'0' is not valid for the 'epochs' .*pattern '\^\[1-9\]\[0-9\]\*\$'; or an integer greater than 1",
        ),
        ({"epochs": "1.5"}, "The value '1.5' is not valid for the 'epochs'"),
        ({"factors_lr": "-0.1"}, "The value '-0.1' is not valid for the 'factors_lr'.*a number greater than 0"),
        ({"factors_lr": "nan"}, "The value 'nan' is not valid for the 'factors_lr'"),
        ({"use_bias": "yes"}, "The value 'yes' is not valid for the 'use_bias'"),
        ({"bias_init_method": "uniform"}, "No value.s. were specified for 'bias_init_scale'"),
        ({"linear_init_method": "constant"}, "No value.s. were specified for 'linear_init_value'"),
    ],
)
def test_wrong_hyperparameters_are_refused_in_awss_words(changes: dict[str, str], problem: str) -> None:
    """Unknown names, values out of range and missing ones are the user's fault."""
    with pytest.raises(CustomerError, match=problem):
        validated(REQUIRED | changes)


def test_required_hyperparameters_have_no_default() -> None:
    """All that are missing are named at once; the others have AWS's defaults."""
    with pytest.raises(CustomerError, match=r"specified for 'feature_dim', 'num_factors' which are required"):
        validated({"predictor_type": "regressor"})
    values = validated(REQUIRED | {"bias_init_method": "constant", "bias_init_value": "-1e-3"})
    assert (values["epochs"], values["mini_batch_size"], values["bias_init_value"]) == (1, 1000, -0.001)
    rates = {name: values[name] for name in values if name.endswith(("_lr", "_wd"))}
    assert rates == {
        "bias_lr": 0.1,
        "linear_lr": 0.001,
        "factors_lr": 0.0001,
        "bias_wd": 0.01,
        "linear_wd": 0.001,
        "factors_wd": 0.00001,
    }


def dense(*values: float, label: float | None = 1.0) -> Record:
    return Record.dense(np.array(values), label)


def test_a_channel_is_all_its_files(tmp_path: Path) -> None:
    """Dense and sparse records of several files become one matrix; the files' order is that of their names."""
    (tmp_path / "b").write_bytes(records([dense(1, 0, 2)]))
    (tmp_path / "a").write_bytes(records([Record.sparse([2], np.ones(1), 3, 0.0), Record.sparse([], np.ones(0), 3, 1)]))
    rows = read_channel(tmp_path, 3, binary=True)
    assert rows.features.toarray().tolist() == [[0, 0, 1], [0, 0, 0], [1, 0, 2]]
    assert rows.labels.tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"1,0,1\n", "Unable to read data channel 'train'.*Please verify the data matches.*part-0: no record"),
        (records([dense(1, 0, 2)])[:-4], "part-0 is cut off"),
        (b"", "Channel 'train' has no record"),
        (records([dense(1, 0)]), "Channel 'train': record 0 has 2 features, and feature_dim is 3"),
        (records([Record.sparse([3], np.ones(1), 3, 1)]), "record 0 has the key 3, and feature_dim is 3"),
        (records([Record.sparse([1], np.ones(1), 9, 1)]), r"record 0 has the shape \[9\], and feature_dim is 3"),
        (records([dense(1, 0, 2, label=None)]), "record 0 has 0 labels; it needs one"),
        (records([dense(1, 0, 2, label=4)]), "the label of record 0 is 4. The predictor type binary_classifier"),
        (records([dense(1, 0, 2, label=float("nan"))]), "the label of record 0 is no number"),
        (records([dense(1, float("nan"), 2)]), "record 0 has a feature that is no number"),
        (records([Record({"values": Tensor(np.ones(3))}, {})]), "features of float64; the algorithm takes float32"),
        (records([Record({"x": Tensor(np.ones(3, "<f4"))}, {})]), "record 0 has no features named values"),
    ],
)
def test_a_channel_that_cannot_be_learned_is_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    """Other formats, kinds of numbers, widths and labels are named with the record at fault."""
    folder = tmp_path / "train"
    folder.mkdir()
    (folder / "part-0").write_bytes(content)
    with pytest.raises(CustomerError, match=problem):
        read_channel(folder, 3, binary=True)


def test_every_measure_has_a_line_that_its_metric_definition_finds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The log of a run holds each of the image's own metrics, and the model is where SageMaker takes it from."""
    training = image_of("host/factorization-machines:1").description.training
    assert training is not None
    rng = RNG(4)
    rows = [dense(*rng.normal(size=3), label=float(number % 2)) for number in range(60)]
    found = {}
    for kind in ("binary_classifier", "regressor"):
        root = tmp_path / kind
        for channel in ("train", "test"):
            (root / "input" / "data" / channel).mkdir(parents=True)
            (root / "input" / "data" / channel / "part-0").write_bytes(records(rows))
        config = root / "input" / "config"
        config.mkdir()
        changes = {"predictor_type": kind, "feature_dim": "3", "epochs": "2", "mini_batch_size": "20"}
        (config / "hyperparameters.json").write_text(json.dumps(REQUIRED | changes))
        (config / "inputdataconfig.json").write_text(json.dumps({"train": {}, "test": {}}))
        (config / "resourceconfig.json").write_text(json.dumps({"current_host": "algo-1"}))
        program("train").train(root)
        log = capsys.readouterr().out
        for name, regex in training.metrics:
            for match in re.findall(regex, log):
                found[name] = float(match)
        assert read((root / "model" / "model_algo-1").read_bytes()).meta["epoch_number"] == 2
        assert log.count("#progress_metric: host=algo-1, completed") == 2
        assert log.count("train throughput=") == 2
        assert re.search(r"#test_score \(algo-1\) : \('\w+', ", log)
        assert re.search(r"host=algo-1, epoch=1, batch=0 train \w+", log)
    assert found.keys() == {name for name, _ in training.metrics}
    assert found["test:rmse"] == pytest.approx(found["test:mse"] ** 0.5)


@pytest.mark.parametrize(
    ("channels", "problem"),
    [
        ({"test": {}}, "'train' is a required property"),
        ({"train": {}, "validation": {}}, r"Additional properties are not allowed \('validation' was unexpected\)"),
        ({"train": {"ContentType": "text/csv"}}, r"'text/csv' is not one of \['application/x-recordio-protobuf'\]"),
    ],
)
def test_channels_are_checked_before_anything_is_read(
    tmp_path: Path, channels: dict[str, dict[str, str]], problem: str
) -> None:
    """There are the channels train and test, of RecordIO-protobuf; CSV is refused."""
    config = tmp_path / "input" / "config"
    config.mkdir(parents=True)
    (config / "hyperparameters.json").write_text(json.dumps(REQUIRED))
    (config / "inputdataconfig.json").write_text(json.dumps(channels))
    with pytest.raises(CustomerError, match=f"Failed to validate input data configuration(?s:.*){problem}"):
        program("train").train(tmp_path)


def test_a_dense_and_a_sparse_record_of_the_same_row_are_the_same_row() -> None:
    """Keys in any order, and twice the same key, add up."""
    rows = matrix(
        [
            Tensor(np.array([0, 1, 0, 3], "<f4")),
            Tensor(np.array([3, 1], "<f4"), (3, 1), (4,)),
            Tensor(np.array([1, 1, 2], "<f4"), (1, 3, 3), ()),
        ],
        4,
    )
    assert rows.toarray().tolist() == [[0, 1, 0, 3]] * 3
