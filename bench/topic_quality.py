"""How good the topics of nyt_comments are, against LDA and the unigram, and how often the gate errs about topics.

    python -m bench.topic_quality [--test] [--seeds=3] [--rates] [--simulations=400]

A network is trained as the local cloud's image ntm does, with training.toml's hyperparameters, on the training texts,
and judged by the gate's own measure: half of a text predicts the other half. Choose hyperparameters by the validation
texts, which are judged unless ``--test`` is given. LDA is tomotopy's, where that package is installed (it is no part of
this project: ``uv pip install tomotopy``). ``--rates`` sends simulated challengers through the gate's whole decision.
"""

from __future__ import annotations

import ast
import importlib
import os
import sys
import time
import tomllib
import zipfile
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from bench import PROJECT

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np

from handover.data import TEST, TRAIN, VALIDATION
from ml_init.dataset import Dataset
from ml_init.table import split_rows
from ml_init.words import counts, words
from ml_test.gate.answers.kind import AskedRows
from ml_test.gate.answers.topics import Reader, Topics
from ml_test.gate.decision import decide
from ml_test.gate.evidence import Evidence
from ml_test.gate.intervals import share
from ml_test.gate.rules import Rules
from ml_test.gate.topic_model import TopicModel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FOLDER = PROJECT / "ml_init" / "nyt_comments"
IMAGE = PROJECT / "localcloud" / "images"


@dataclass(frozen=True, kw_only=True)
class Texts:
    """vocabulary: as the Glue job fits it. parts: split → its texts. rules: the workload's own."""

    vocabulary: Sequence[str]
    parts: dict[str, list[str]]
    rules: Rules

    @property
    def kind(self) -> Topics:
        return cast("Topics", self.rules.answers)

    def matrix(self, texts: Sequence[str]) -> Any:
        from scipy.sparse import csr_matrix

        places = {word: place for place, word in enumerate(self.vocabulary)}
        found = [counts(text, places) for text in texts]
        ends = np.cumsum([0, *map(len, found)])
        columns = [place for each in found for place in each]
        values = np.array([number for each in found for number in each.values()], np.float32)
        return csr_matrix((values, columns, ends), shape=(len(texts), len(places)))


@cache
def read() -> Texts:
    import gzip

    from ml_init.contract import check

    dataset = Dataset.read(FOLDER / "dataset.toml")
    content = gzip.decompress((FOLDER / dataset.file.sources[0]).read_bytes())
    rows = check(dataset.file.name, content, dataset).rows
    parts = {name: [row[0] for row in found] for name, found in split_rows(rows, dataset).items()}
    rules = Rules.read(PROJECT / "ml_test" / "nyt_comments" / "gate.toml")
    return Texts(vocabulary=vocabulary(parts[TRAIN]), parts=parts, rules=rules)


def vocabulary(texts: Sequence[str]) -> list[str]:
    """As ``fit_vocabulary`` of the Glue job; its constants are read from its file, which imports Spark."""
    tree = ast.parse((FOLDER / "transform.py").read_text())
    known = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id.isupper()
        and node.targets[0].id != "BOILERPLATE"
    }
    boilerplate = next(
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id == "BOILERPLATE"
    )
    stop = {*sparks_stop_words(), *(each.value for each in ast.walk(boilerplate) if isinstance(each, ast.Constant))}
    found = [[word for word in words(text) if word not in stop and len(word) >= known["SHORTEST"]] for text in texts]
    total = Counter(word for each in found for word in each)
    texts_of = Counter(word for each in found for word in set(each))
    kept = [word for word in total if texts_of[word] >= known["FEWEST_TEXTS"]]
    return sorted(kept, key=lambda word: (-total[word], word))[: known["VOCABULARY_SIZE"]]


def sparks_stop_words() -> list[str]:
    """Spark's list of English stop words, from its jar in the environment of the local cloud's Glue image."""
    from localcloud.platform.environments import Environments
    from localcloud.platform.settings import Settings

    environment = Environments(Settings.cache_folder()).python(IMAGE / "glue_spark" / "requirements.lock")
    jar = next((environment.site_packages / "pyspark" / "jars").glob("spark-mllib_*.jar"))
    with zipfile.ZipFile(jar) as archive:
        return archive.read("org/apache/spark/ml/feature/stopwords/english.txt").decode().split()


def network(texts: Texts, seed: int, changes: dict[str, str]) -> Any:
    """A network of the image ntm, trained on the training texts."""
    sys.path[:0] = [str(IMAGE / "container_library"), str(IMAGE / "sagemaker_ntm")]
    fitting, hyperparameters = (importlib.import_module(f"topic_{name}") for name in ("fitting", "hyperparameters"))
    given = tomllib.loads((PROJECT / "ml_training" / "nyt_comments" / "training.toml").read_text())["hyperparameters"]
    asked = {name: str(value) for name, value in given.items()} | changes
    values = hyperparameters.validated({**asked, "feature_dim": str(len(texts.vocabulary))})
    found, matrix = fitting.Fitting(values, seed), texts.matrix(texts.parts[TRAIN])
    for epoch in range(values["epochs"]):
        found.epoch(matrix, epoch)
    return found.network.folded()


def reader_of(texts: Texts, projection: NDArray[Any]) -> Reader:
    model = TopicModel(words=tuple(texts.vocabulary), projection=np.asarray(projection, float))
    known = texts.kind._corpus(texts.parts[TRAIN])  # noqa: SLF001  (what the gate makes of archives)
    return Reader(corpus=known, topics=model, found=texts.kind._found(model, known))  # noqa: SLF001


def asked(texts: Texts, split: str) -> AskedRows:
    found = texts.parts[split]
    rows = AskedRows(requests=found, truth=None, identities=[str(place) for place in range(len(found))])
    return texts.kind.asks(rows, texts.parts[TRAIN])


def written(weights: NDArray[Any]) -> list[str]:
    return [",".join(map(repr, map(float, row))) for row in weights]


def line(name: str, texts: Texts, reader: Reader, answers: Sequence[str], rows: AskedRows, seconds: float) -> None:
    read_ = texts.kind.read_by(reader, answers, rows.truth)
    bottom = texts.kind.read_by(texts.kind.reader(None, texts.parts[TRAIN]), answers, rows.truth)
    lengths = np.array([sum(counts(text, reader.corpus.places).values()) for text in rows.truth or ()])
    perplexity = float(np.exp(-(read_.values * lengths).sum() / lengths.sum()))
    gain = read_.values - bottom.values
    error = gain.std(ddof=1) / np.sqrt(len(gain))
    found = reader.found
    shown = f"{found.diversity:.4f} | {found.coherences.mean():.3f}" if found else " | "
    print(
        f"| {name} | {perplexity:.0f} | {gain.mean():+.3f} ± {1.96 * error:.3f} | {shown} | {seconds:.1f} |", flush=True
    )


def lda(texts: Texts, rows: AskedRows, seed: int) -> tuple[Reader, list[str]] | None:
    """Tomotopy's LDA with as many topics, 1,000 iterations; None where it is not installed."""
    try:
        tomotopy = importlib.import_module("tomotopy")
    except ImportError:
        return None
    given = tomllib.loads((PROJECT / "ml_training" / "nyt_comments" / "training.toml").read_text())["hyperparameters"]
    model = tomotopy.LDAModel(k=given["num_topics"], seed=seed)
    known = set(texts.vocabulary)

    def kept(text: str) -> list[str]:
        return [word for word in words(text) if word in known]

    for text in texts.parts[TRAIN]:
        if kept(text):
            model.add_doc(kept(text))
    model.train(1000, workers=1)
    places = {word: place for place, word in enumerate(model.used_vocabs)}
    topics = np.full((len(texts.vocabulary), model.k), 1e-9)
    for topic in range(model.k):
        shares = model.get_topic_word_dist(topic)
        for place, word in enumerate(texts.vocabulary):
            if word in places:
                topics[place, topic] = max(shares[places[word]], 1e-9)
    documents = [model.make_doc(kept(text)) for text in rows.requests]
    weights = [
        model.infer(each, iterations=200)[0] if len(each.words) else np.full(model.k, 1 / model.k) for each in documents
    ]
    return mixture(texts, topics), written(np.array(weights))


class Mixture(TopicModel):
    """Topics that are mixed as probabilities, as LDA has them, and not as logarithms."""

    def probabilities(self, weights: NDArray[np.float64], places: NDArray[np.int64]) -> NDArray[np.float64]:
        found: NDArray[np.float64] = weights @ np.exp(self.projection[places]).T
        shares: NDArray[np.float64] = found / found.sum(axis=1, keepdims=True)
        return shares


def mixture(texts: Texts, topics: NDArray[Any]) -> Reader:
    model = Mixture(words=tuple(texts.vocabulary), projection=np.log(topics))
    known = texts.kind._corpus(texts.parts[TRAIN])  # noqa: SLF001
    return Reader(corpus=known, topics=model, found=texts.kind._found(model, known))  # noqa: SLF001


def main(arguments: Sequence[str]) -> None:
    options = dict(argument.lstrip("-").partition("=")[::2] for argument in arguments)
    texts = read()
    split = TEST if "test" in options else VALIDATION
    rows = asked(texts, split)
    changes = {key: value for key, value in options.items() if key not in {"test", "seeds", "rates", "simulations"}}
    if "rates" in options:
        rates(texts, int(options.get("simulations") or 400))
        return
    print(f"{len(rows.requests)} {split} texts, {len(texts.vocabulary)} words in the vocabulary\n")
    print("| model | perplexity | nats a word over the unigram | diversity | coherence | CPU s |")
    print("|---|---|---|---|---|---|")
    bottom = texts.kind.reader(None, texts.parts[TRAIN])
    line("unigram", texts, bottom, ["-"] * len(rows.requests), rows, 0.0)
    for seed in range(int(options.get("seeds") or 3)):
        began = time.process_time()
        found = network(texts, seed, changes)
        spent = time.process_time() - began
        reader = reader_of(texts, found.parameters["projection_weight"])
        answers = written(found.weights(texts.matrix(rows.requests)))
        line(f"ntm, seed {seed}", texts, reader, answers, rows, spent)
    began = time.process_time()
    if (other := lda(texts, rows, 0)) is not None:
        line("LDA (tomotopy)", texts, *other, rows, time.process_time() - began)


def rates(texts: Texts, simulations: int) -> None:
    """Challengers that predict worse than the champion by known amounts, through the whole decision.

    Both begin with the same trained network. What each text's value differs by between two trainings of other seeds is
    the noise; the loss is added to all texts alike. Floors are not judged.
    """
    rows = asked(texts, TEST)
    found = network(texts, 0, {})
    reader = reader_of(texts, found.parameters["projection_weight"])
    answers = written(found.weights(texts.matrix(rows.requests)))
    known = texts.kind.read_by(reader, answers, rows.truth)
    noise = _between_trainings(texts, rows, known.values)
    bottom = texts.kind.read_by(texts.kind.reader(None, texts.parts[TRAIN]), answers, rows.truth)
    margin = texts.rules.comparison.margin
    print(f"{len(rows.requests)} test texts, margin {margin}, {simulations} simulations a line, noise {noise:.3f}\n")
    print("| challenger | PROMOTE | HOLD | REJECT |\n|---|---|---|---|")
    for name, gain in (("equal", 0.0), ("worse by the margin", -margin), ("worse by twice the margin", -2 * margin)):
        generator = np.random.default_rng(7)
        verdicts = Counter(
            _verdict(texts, rows, known.values, bottom, gain, noise, generator) for _ in range(simulations)
        )
        cells = []
        for verdict in ("PROMOTE", "HOLD", "REJECT"):
            one = share(verdicts[verdict], simulations)
            cells.append(f"{100 * one.value:.1f} % ({100 * one.low:.1f} to {100 * one.high:.1f})")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def _between_trainings(texts: Texts, rows: AskedRows, values: NDArray[Any]) -> float:
    """The standard deviation, by text, of the difference of two trainings that differ in their seed alone."""
    other = network(texts, 1, {})
    reader = reader_of(texts, other.parameters["projection_weight"])
    read_ = texts.kind.read_by(reader, written(other.weights(texts.matrix(rows.requests))), rows.truth)
    return float((read_.values - values).std(ddof=1))


def _verdict(
    texts: Texts, rows: AskedRows, values: NDArray[Any], bottom: Any, gain: float, noise: float, generator: Any
) -> str:
    size = len(rows.requests)
    drawn = generator.integers(size, size=size)  # other texts could have come
    given = {
        "champion": values[drawn],
        "challenger": values[drawn] + gain + noise * generator.normal(size=size),
        "unigram": bottom.values[drawn],
    }

    class Known(Topics):
        """Reads the simulated values in the place of answers."""

        def read_by(self, reader: Any, answers: Any, truth: Any, labels: Any = None) -> Any:  # noqa: ARG002
            return replace(bottom, values=given[answers[0]][: len(answers)])

    kind = Known(words=texts.kind.words, commonest_share=texts.kind.commonest_share, top=texts.kind.top)
    evidence = Evidence(
        requests=rows.requests,
        truth=rows.truth,
        answers=["challenger"] * size,
        champion=["champion"] * size,
        milliseconds=[5.0] * size,
        champion_milliseconds=[5.0] * size,
        baseline="unigram",
        seed=int(generator.integers(1 << 30)),
    )
    decision = decide(evidence, replace(texts.rules, answers=kind, floors={}))
    return str(decision.verdict.value)


if __name__ == "__main__":
    main(sys.argv[1:])
