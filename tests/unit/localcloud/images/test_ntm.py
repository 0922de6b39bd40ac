"""The algorithm ntm: what it learns, what it stores, what it answers, and what it refuses."""

from __future__ import annotations

import importlib.util
import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from built_in import CustomerError
from mxnet_model import read, write
from optimizers import OPTIMIZERS
from recordio import Record
from recordio import write as records
from scipy.sparse import csr_matrix
from topic_artifact import PROJECTION, model_of, network_of
from topic_documents import csv_matrix, of_request, read_channel
from topic_fitting import Fitting, Patience
from topic_hyperparameters import DEFAULTS, validated
from topic_network import ACTIVATIONS, Network
from topic_words import lines

from localcloud.images.registry import image_of
from tests.unit.localcloud.images.conftest import IMAGES

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from numpy.typing import NDArray

WORDS, TOPICS = 60, 4
REQUIRED = {"feature_dim": str(WORDS), "num_topics": str(TOPICS)}
QUICK = {**REQUIRED, "optimizer": "adam", "learning_rate": "0.02", "batch_norm": "true", "mini_batch_size": "64"}
RECORDIO = "application/x-recordio-protobuf"


def program(name: str) -> ModuleType:
    """A program of the image; other images have programs of the same names."""
    path = IMAGES / "sagemaker_ntm" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"ntm_{name}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def documents(count: int, seed: int = 0) -> tuple[csr_matrix, NDArray[np.int64]]:
    """Documents that are each about one of four topics, which have fifteen words of their own; and their topics."""
    random = np.random.default_rng(seed)
    about = random.integers(TOPICS, size=count)
    counts = np.zeros((count, WORDS), np.float32)
    for row, topic in zip(counts, about, strict=True):
        own = random.integers(15 * topic, 15 * topic + 15, size=24)
        np.add.at(row, np.concatenate([own, random.integers(WORDS, size=6)]), 1)
    return csr_matrix(counts), about


def learned(changes: dict[str, str] | None = None, epochs: int = 40) -> Network:
    values = validated({**QUICK, **(changes or {}), "epochs": str(epochs)})
    fitting = Fitting(values, 0)
    for epoch in range(epochs):
        fitting.epoch(documents(600)[0], epoch)
    return fitting.network


@pytest.fixture(scope="module")
def network() -> Network:
    return learned()


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_gradients_are_the_slopes_of_the_loss(activation: str, batch_norm: bool) -> None:
    """Each parameter's gradient agrees with the difference of two losses a small step apart."""
    random = np.random.default_rng(1)
    network = Network.initial(WORDS, TOPICS, (6, 5), random, activation=activation, batch_norm=batch_norm)
    # Not at zero, where relu has no slope.
    network.parameters = {
        name: value + random.normal(0, 0.1, value.shape) for name, value in network.parameters.items()
    }
    counts = documents(8)[0].astype(float)
    noise = random.normal(size=(8, TOPICS))

    def loss() -> float:
        found = network.gradients(counts, noise, 0.7)[0]
        return found.reconstruction + 0.7 * found.divergence

    gradients = network.gradients(counts, noise, 0.7)[1]
    for name, value in network.parameters.items():
        steepest = np.unravel_index(np.abs(gradients[name]).argmax(), value.shape)
        before = value[steepest]
        value[steepest] = before + 1e-5
        above = loss()
        value[steepest] = before - 1e-5
        slope = (above - loss()) / 2e-5
        value[steepest] = before
        assert gradients[name][steepest] == pytest.approx(slope, rel=1e-5, abs=1e-6), name


def test_documents_of_one_topic_get_one_topic(network: Network) -> None:
    """Documents that were not learned are told apart by their topics as they were made."""
    counts, about = documents(200, seed=9)
    found = network.weights(counts).argmax(axis=1)
    pairs = np.zeros((TOPICS, TOPICS))
    np.add.at(pairs, (about, found), 1)
    assert pairs.max(axis=1).sum() / 200 > 0.95
    assert len(set(pairs.argmax(axis=1))) == TOPICS


def test_the_words_of_a_topic_are_those_it_was_made_of(network: Network) -> None:
    """The fifteen heaviest words of each column are those of one topic, and each topic is found."""
    top = np.argsort(-network.parameters["projection_weight"], axis=0)[:15]
    of = [np.bincount(column // 15, minlength=TOPICS) for column in top.T]
    assert all(counts.max() >= 14 for counts in of)
    assert {int(counts.argmax()) for counts in of} == set(range(TOPICS))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_learns(optimizer: str) -> None:
    """The loss falls with each of the optimizers that the hyperparameter names."""
    rate = {"sgd": "0.002", "rmsprop": "0.005"}.get(optimizer, "0.02")
    values = validated({**QUICK, "optimizer": optimizer, "learning_rate": rate, "epochs": "25"})
    fitting, counts = Fitting(values, 0), documents(300)[0]
    before = fitting.losses(counts).recons
    for epoch in range(25):
        fitting.epoch(counts, epoch)
    assert fitting.losses(counts).recons < before - 0.05


def test_the_same_input_makes_the_same_model() -> None:
    """Two trainings of the same documents with the same settings agree to the last bit."""
    one, other = learned(epochs=3), learned(epochs=3)
    for name, value in one.parameters.items():
        assert np.array_equal(value, other.parameters[name]), name


def test_the_divergence_counts_in_full_only_after_the_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its weight grows with each epoch, to 1 after three fifths of them."""
    used: list[float] = []
    real = Network.gradients

    def seen(self: Network, counts: csr_matrix, noise: Any, weight: float) -> Any:
        used.append(weight)
        return real(self, counts, noise, weight)

    monkeypatch.setattr(Network, "gradients", seen)
    learned({"mini_batch_size": "600"}, epochs=10)
    assert used == pytest.approx([min(1, (epoch + 1) / 6) for epoch in range(10)])


def test_weights_are_shares(network: Network) -> None:
    """They add up to 1, are the same for a document alone and among others, and do not hang on its length."""
    counts = documents(20, seed=3)[0]
    weights = network.weights(counts)
    assert (weights > 0).all()
    assert weights.sum(axis=1) == pytest.approx(np.ones(20), abs=1e-5)
    assert network.weights(counts[5:6])[0] == pytest.approx(weights[5], abs=1e-6)
    assert network.weights(counts * 2) == pytest.approx(weights, abs=1e-5)


def test_an_artifact_is_the_network(network: Network) -> None:
    """What is read back answers the same, under AWS's name for the projection, and makes the same bytes."""
    content = write(model_of(network, {**DEFAULTS, **QUICK}, 40))
    model = read(content)
    assert model.arrays[PROJECTION].values.shape == (WORDS, TOPICS)
    assert model.meta["epoch_number"] == 40
    counts = documents(20, seed=3)[0]
    back = network_of(model)
    assert back.weights(counts) == pytest.approx(network.weights(counts), abs=1e-5)
    assert write(model_of(back, {**DEFAULTS, **QUICK}, 40)) == content


def test_an_artifact_of_another_algorithm_is_refused(network: Network) -> None:
    """The reason names what is missing."""
    model = model_of(network, QUICK, 1)
    without = {name: array for name, array in model.arrays.items() if name != PROJECTION}
    with pytest.raises(ValueError, match=r"none of ntm.*projection_weight"):
        network_of(type(model)(model.meta, model.symbol, without))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"num_topics": "1"}, "'1' is not valid for the 'num_topics' hyperparameter .* an integer between 2 and 1000"),
        ({"feature_dim": "0"}, "'0' is not valid for the 'feature_dim'"),
        ({"learning_rate": "2"}, "'2' is not valid for the 'learning_rate' hyperparameter .* between 1e-06 and 1"),
        ({"optimizer": "lion"}, "'lion' is not valid for the 'optimizer' .* 'sgd', 'adam', 'adagrad', 'adadelta'"),
        ({"encoder_layers": "40,x"}, "'40,x' is not valid for the 'encoder_layers'"),
        ({"topics": "20"}, r"Additional hyperparameters are not allowed \('topics' was unexpected\)"),
        ({"batch_norm": "yes"}, "'yes' is not valid for the 'batch_norm'"),
    ],
)
def test_a_wrong_hyperparameter_is_refused(changes: dict[str, str], message: str) -> None:
    """The reason has the algorithm's words: the value, the name, and what is allowed."""
    with pytest.raises(CustomerError, match=message):
        validated({**REQUIRED, **changes})


def test_what_is_missing_is_named() -> None:
    """Without both required hyperparameters, the reason names both."""
    with pytest.raises(CustomerError, match=r"No value\(s\) were specified for 'feature_dim', 'num_topics' which are"):
        validated({})


def test_defaults_are_those_of_the_documentation() -> None:
    """Two layers of 3 and 2 times the topics, adadelta, 50 epochs of 256 documents a batch."""
    values = validated(REQUIRED)
    assert values["encoder_layers"] == (3 * TOPICS, 2 * TOPICS)
    assert (values["epochs"], values["mini_batch_size"], values["optimizer"]) == (50, 256, "adadelta")
    assert (values["num_patience_epochs"], values["tolerance"], values["batch_norm"]) == (3, 0.001, False)
    assert validated({**REQUIRED, "encoder_layers": "30, 20"})["encoder_layers"] == (30, 20)


def test_patience_begins_after_the_warm_up() -> None:
    """A loss that stands still ends the training after so many epochs, but not while the warm-up changes it."""
    patience = Patience(3, 0.001, warm_up=5)
    over = [patience.is_over(epoch, 7.0) for epoch in range(12)]
    assert over.index(True) == 5 + 3
    falling = Patience(3, 0.001, warm_up=0)
    assert not any(falling.is_over(epoch, 7.0 - 0.01 * epoch) for epoch in range(50))


def folder(tmp_path: Path, files: dict[str, bytes], channel: str = "train") -> Path:
    made = tmp_path / channel
    made.mkdir(parents=True)
    for name, content in files.items():
        (made / name).write_bytes(content)
    return made


def recordio(counts: csr_matrix, *, dense: bool = False) -> bytes:
    if dense:
        return records(Record.dense(row) for row in counts.toarray())
    return records(Record.sparse(row.indices, row.data, row.shape[1]) for row in counts)


def test_a_channel_is_the_same_in_every_format(tmp_path: Path) -> None:
    """Dense and sparse records, and CSV with and without a label, in several files: the same documents in order."""
    counts = documents(30)[0]
    rows = ["".join(f"{','.join(map(str, row))}\n" for row in part.toarray()) for part in (counts[:20], counts[20:])]
    labelled = ["".join(f"0,{line}\n" for line in text.splitlines()) for text in rows]
    made = {
        RECORDIO: [recordio(counts[:20]), recordio(counts[20:], dense=True)],
        "text/csv;label_size=0": [text.encode() for text in rows],
        "text/csv": [text.encode() for text in labelled],
    }
    for number, (content_type, parts) in enumerate(made.items()):
        channel = folder(tmp_path / str(number), {f"part-{place}": part for place, part in enumerate(parts)})
        found = read_channel(channel, WORDS, content_type)
        assert np.array_equal(found.toarray(), counts.toarray()), content_type


@pytest.mark.parametrize(
    ("content", "content_type", "message"),
    [
        (b"1,2,3\n", "text/csv;label_size=0", "part-0: line 1 has 3 columns, and feature_dim is 60"),
        (b"1,x\n", RECORDIO, "Requested content-type is 'application/x-recordio-protobuf'.*magic number"),
        (b"", RECORDIO, "Channel 'train' has no record"),
        (f"{','.join(['-1'] * WORDS)}\n".encode(), "text/csv;label_size=0", "the count -1.0; a word occurs 0 times"),
        (f"{','.join(['nan'] * WORDS)}\n".encode(), "text/csv;label_size=0", "the count nan"),
        (recordio(csr_matrix(np.ones((1, 61), np.float32))), RECORDIO, r"shape \[61\], and feature_dim is 60"),
    ],
)
def test_a_wrong_channel_is_refused(tmp_path: Path, content: bytes, content_type: str, message: str) -> None:
    """The reason names channel, file, record and what is wrong."""
    with pytest.raises(CustomerError, match=re.compile(message, re.DOTALL)):
        read_channel(folder(tmp_path, {"part-0": content}), WORDS, content_type)


def test_a_request_is_the_same_in_every_format() -> None:
    """CSV, JSON in full, sparse JSON, JSON lines and RecordIO: the same documents."""
    counts = documents(3)[0]
    dense = counts.toarray()
    full = [{"features": row.tolist()} for row in dense]
    sparse = [
        {"data": {"features": {"keys": row.indices.tolist(), "shape": [WORDS], "values": row.data.tolist()}}}
        for row in counts
    ]
    made = {
        "text/csv": "\n".join(",".join(map(str, row)) for row in dense).encode(),
        "application/json": json.dumps({"instances": sparse}).encode(),
        "application/jsonlines": "\n".join(json.dumps(each) for each in full).encode(),
        RECORDIO: recordio(counts),
    }
    for kind, body in made.items():
        assert np.array_equal(of_request(body, kind, WORDS).toarray(), dense), kind
    for row in csv_matrix(made["text/csv"].decode(), WORDS, labels=0), csr_matrix(dense):
        assert row.nnz == counts.nnz


def answer(network: Network, body: bytes, content_type: str, accept: str = "") -> Any:
    from http_server import Request

    headers = {"content-type": content_type, **({"accept": accept} if accept else {})}
    request = Request(method="POST", path="/invocations", headers=headers, body=body)
    return program("serve").Serving(network).handle(request)


def test_answers_are_topic_weights(network: Network) -> None:
    """JSON, JSON lines and RecordIO hold the same weights under the algorithm's name; JSON answers any other Accept."""
    counts = documents(2)[0]
    wanted = network.weights(counts)
    body = recordio(counts)
    found = json.loads(answer(network, body, RECORDIO).body)["predictions"]
    assert [each["topic_weights"] for each in found] == pytest.approx(wanted, abs=1e-6)
    in_lines = answer(network, body, RECORDIO, "application/jsonlines")
    assert [json.loads(line)["topic_weights"] for line in in_lines.body.splitlines()] == pytest.approx(wanted, abs=1e-6)
    from recordio import read as read_records

    records_of = list(read_records(answer(network, body, RECORDIO, RECORDIO).body))
    assert [record.label["topic_weights"].values for record in records_of] == pytest.approx(wanted, abs=1e-6)
    assert answer(network, body, RECORDIO, "text/csv").content_type == "application/json"


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"1,2", "text/csv", 400),
        (b"", "text/csv", 400),
        (b"{", "application/json", 400),
        (b'{"instances": []}', "application/json", 400),
        (b"x", RECORDIO, 400),
        (b"1", "image/png", 415),
    ],
)
def test_a_wrong_request_is_refused(network: Network, body: bytes, content_type: str, status: int) -> None:
    """What cannot be read is 400, another content type 415."""
    assert answer(network, body, content_type).status == status


def test_a_serving_image_says_what_it_reads(network: Network) -> None:
    """Every content type of the description is read, and none is announced for training that train.py refuses."""
    description = image_of("host/ntm:1").description
    assert description.serving is not None
    assert description.training is not None
    train = program("train")
    assert set(description.training.content_types) == {each for some in train._CONTENT_TYPES.values() for each in some}
    for kind in description.serving.content_types:
        assert answer(network, b"", kind).status == 400


def trained(tmp_path: Path, hyperparameters: dict[str, str], channels: dict[str, dict[str, str]]) -> None:
    config = tmp_path / "input" / "config"
    config.mkdir(parents=True)
    for name, document in (
        ("hyperparameters", hyperparameters),
        ("inputdataconfig", channels),
        ("resourceconfig", {"current_host": "algo-1"}),
    ):
        (config / f"{name}.json").write_text(json.dumps(document))
    program("train").train(tmp_path)


def test_a_training_reports_and_stores(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The log has the lines that the metric definitions read, and the topics as words; the model can be read."""
    data = tmp_path / "input" / "data"
    for name, seed in (("train", 0), ("validation", 1), ("test", 2)):
        folder(data, {"part-0": recordio(documents(100, seed)[0])}, name)
    vocabulary = "".join(f"word{number}\n" for number in range(WORDS))
    folder(data, {"vocab.txt": vocabulary.encode()}, "auxiliary")
    channels = {name: {"ContentType": RECORDIO} for name in ("train", "validation", "test")}
    trained(tmp_path, {**QUICK, "epochs": "4"}, {**channels, "auxiliary": {"ContentType": "text/plain"}})
    log = capsys.readouterr().out
    assert "# Finished training epoch 4 on 100 examples from 2 batches, each of size 64." in log
    assert re.search(r"Loss \(name: value\) kld: [0-9.]+", log)
    assert re.search(r"Topics from epoch:final \(num_topics:4\) \[wetc -?[0-9.]+, tu [0-9.]+\]:", log)
    assert len(re.findall(r"\] \[-?[0-9.]+, [0-9.]+\] word\d+( word\d+){19}", log)) == TOPICS
    definitions = image_of("host/ntm:1").description.training
    assert definitions is not None
    found = {name: re.findall(regex, log) for name, regex in definitions.metrics}
    assert {name: len(values) for name, values in found.items()} == {
        "train:total_loss": 4,
        "validation:total_loss": 4,
        "test:total_loss": 1,
        "train:progress": 4,
        "train:throughput": 4,
    }
    assert network_of(read((tmp_path / "model" / "model_algo-1").read_bytes())).topics == TOPICS


@pytest.mark.parametrize(
    ("channels", "vocabulary", "message"),
    [
        ({"validation": {}}, "", "'train' is a required property"),
        ({"train": {}, "extra": {}}, "", r"\('extra' was unexpected\)"),
        ({"train": {"ContentType": "text/libsvm"}}, "", "'text/libsvm' is not one of"),
        ({"train": {}, "auxiliary": {}}, "one\ntwo\n", "vocab.txt has 2 words, and feature_dim is 60"),
        ({"train": {}, "auxiliary": {}}, "", "has no file named vocab.txt"),
    ],
)
def test_wrong_channels_are_refused(
    tmp_path: Path, channels: dict[str, dict[str, str]], vocabulary: str, message: str
) -> None:
    """The reason names the channel, or the vocabulary's file and its length."""
    data = tmp_path / "input" / "data"
    folder(data, {"part-0": recordio(documents(10)[0])}, "train")
    folder(data, {"vocab.txt": vocabulary.encode()} if vocabulary else {}, "auxiliary")
    with pytest.raises(CustomerError, match=message):
        trained(tmp_path, {**QUICK, "epochs": "1"}, channels)


def test_topics_of_their_own_words_are_unique() -> None:
    """Uniqueness is 1 if no two topics share a word, and falls with each that they share."""
    counts = documents(100)[0]
    own = np.kron(np.eye(2), np.ones((30, 1)))
    assert "tu 1.00]" in lines(own, [f"w{number}" for number in range(WORDS)], counts)[0]
    same = np.ones((WORDS, 2))
    assert "tu 0.50]" in lines(same, [f"w{number}" for number in range(WORDS)], counts)[0]
