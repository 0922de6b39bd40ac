"""The writers and the archive, with stages that answer as Spark's do; tests/local reads real bundles with MLeap."""

from __future__ import annotations

import os
import tarfile
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest

from ml_init.mleap_bundle.archive import pack
from ml_init.mleap_bundle.stages import UnsupportedStageError, nodes_of

if TYPE_CHECKING:
    from pathlib import Path


class StringIndexerModel:
    def __init__(self, column: str, labels: list[str], handle_invalid: str = "error", columns: bool = False) -> None:
        self.column, self.labels, self.handle_invalid, self.columns = column, labels, handle_invalid, columns

    def isSet(self, name: str) -> bool:
        return name == "inputCols" and self.columns

    def getInputCol(self) -> str:
        return self.column

    def getOutputCol(self) -> str:
        return f"{self.column}_index"

    def getHandleInvalid(self) -> str:
        return self.handle_invalid


class VectorAssembler:
    def __init__(self, inputs: list[str], output: str, handle_invalid: str = "error") -> None:
        self.inputs, self.output, self.handle_invalid = inputs, output, handle_invalid

    def getInputCols(self) -> list[str]:
        return self.inputs

    def getOutputCol(self) -> str:
        return self.output

    def getHandleInvalid(self) -> str:
        return self.handle_invalid


class KMeansModel:
    pass


def test_stages_become_nodes_in_their_order() -> None:
    """Labels keep the order of their meaning; ports carry MLeap's names."""
    indexer = StringIndexerModel("safety", ["low", "med", "high"])
    node, assembler = nodes_of([indexer, VectorAssembler(["safety_index", "doors"], "features")])
    assert (node.op, dict(node.attributes)) == (
        "string_indexer",
        {"labels": ["low", "med", "high"], "handle_invalid": "error"},
    )
    assert (node.inputs, node.outputs) == ({"input": "safety"}, {"output": "safety_index"})
    assert assembler.inputs == {"input0": "safety_index", "input1": "doors"}


def test_vectors_carry_their_size() -> None:
    """An assembler of an assembled vector tells MLeap the vector's length."""
    inner = VectorAssembler(["a", "b"], "pair")
    outer = nodes_of([inner, VectorAssembler(["pair", "c"], "all")])[1]
    shapes: Any = dict(outer.attributes)["input_shapes"]
    assert shapes["data_shape"] == [
        {"shape": "tensor", "tensor_shape": {"dimensions": [{"size": 2}]}},
        {"shape": "scalar"},
    ]


@pytest.mark.parametrize(
    ("stage", "message"),
    [
        (KMeansModel(), "KMeansModel cannot be written as an MLeap bundle. Supported: CountVectorizerModel, Index"),
        (StringIndexerModel("a", ["x"], handle_invalid="skip"), "StringIndexerModel with handleInvalid='skip'"),
        (StringIndexerModel("a", ["x"], columns=True), "StringIndexerModel with inputCols: MLeap 0.20.0 reads one"),
        (VectorAssembler(["a"], "b", handle_invalid="keep"), "VectorAssembler with handleInvalid='keep'"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(stage: Any, message: str) -> None:
    """A stage or a setting that the container could not serve is not written at all."""
    with pytest.raises(UnsupportedStageError) as caught:
        nodes_of([stage])
    assert message in str(caught.value)


def test_equal_files_pack_to_equal_bytes(tmp_path: Path) -> None:
    """The archive depends on paths and contents, and not on the files' times and owners."""
    for name, mtime in (("one", 1), ("two", 2_000_000_000)):
        root = tmp_path / name / "root"
        root.mkdir(parents=True)
        for path in (tmp_path / name / "bundle.json", root / "model.json"):
            path.write_text("{}")
            os.utime(path, (mtime, mtime))
    assert pack(tmp_path / "one") == pack(tmp_path / "two")
    (tmp_path / "two" / "bundle.json").write_text("{ }")
    assert pack(tmp_path / "one") != pack(tmp_path / "two")


def test_archive_has_bundle_json_and_root_at_its_top(tmp_path: Path) -> None:
    """The archive's top is where the container looks."""
    (tmp_path / "root").mkdir()
    (tmp_path / "bundle.json").write_text("{}")
    (tmp_path / "root" / "model.json").write_text("{}")
    with tarfile.open(fileobj=BytesIO(pack(tmp_path))) as archive:
        assert archive.getnames() == ["bundle.json", "root/model.json"]


class TextStage:
    """A stage for text: a getter for each of its settings."""

    def __init__(self, **settings: Any) -> None:
        self._settings = {"InputCol": "text", "OutputCol": "words", **settings}
        self.vocabulary = settings.get("vocabulary", [])

    def isSet(self, name: str) -> bool:
        return name == "inputCols" and "inputCols" in self._settings

    def __getattr__(self, name: str) -> Any:
        return lambda: self._settings[name.removeprefix("get")]


RegexTokenizer, StopWordsRemover, CountVectorizerModel, Tokenizer = (
    type(name, (TextStage,), {}) for name in ("RegexTokenizer", "StopWordsRemover", "CountVectorizerModel", "Tokenizer")
)
TOKENIZER = {"Pattern": "[^a-z]+", "Gaps": True, "MinTokenLength": 1, "ToLowercase": True}


def test_stages_for_text_become_nodes() -> None:
    """Each setting that changes the words or their counts is an attribute under MLeap's name."""
    regex, plain, stop, counts = nodes_of(
        [
            RegexTokenizer(**TOKENIZER),
            Tokenizer(OutputCol="plain"),
            StopWordsRemover(InputCol="words", OutputCol="kept", StopWords=["the"], CaseSensitive=False),
            CountVectorizerModel(InputCol="kept", OutputCol="counts", vocabulary=["a", "b"], Binary=False, MinTF=1.0),
        ]
    )
    assert dict(regex.attributes) == {
        "regex": "[^a-z]+",
        "match_gaps": True,
        "token_min_length": 1,
        "lowercase_text": True,
    }
    assert [node.op for node in (regex, plain, stop, counts)] == [
        "regex_tokenizer",
        "tokenizer",
        "stopwords_remover",
        "count_vectorizer",
    ]
    assert dict(stop.attributes) == {"stop_words": ["the"], "case_sensitive": False}
    assert dict(counts.attributes) == {"vocabulary": ["a", "b"], "binary": False, "min_tf": 1.0}
    assert (counts.inputs, counts.outputs) == ({"input": "kept"}, {"output": "counts"})


def test_counts_carry_their_size() -> None:
    """An assembler of counts tells MLeap how many words they have."""
    counts = CountVectorizerModel(OutputCol="counts", vocabulary=["a", "b", "c"], Binary=False, MinTF=1.0)
    assembler = nodes_of([counts, VectorAssembler(["counts"], "all")])[1]
    shapes: Any = dict(assembler.attributes)["input_shapes"]
    assert shapes["data_shape"] == [{"shape": "tensor", "tensor_shape": {"dimensions": [{"size": 3}]}}]


@pytest.mark.parametrize(
    ("stage", "message"),
    [
        (RegexTokenizer(**TOKENIZER | {"MinTokenLength": 3}), "minTokenLength=3: .* Ask for the length in the pattern"),
        (StopWordsRemover(StopWords=[], CaseSensitive=False), "has no stop words"),
        (StopWordsRemover(StopWords=["a"], CaseSensitive=False, inputCols=["a"]), "one column a StopWordsRemover"),
    ],
)
def test_settings_of_text_that_mleap_would_read_otherwise_are_refused(stage: TextStage, message: str) -> None:
    """The error names the stage, the setting, and what to do."""
    with pytest.raises(UnsupportedStageError, match=message):
        nodes_of([stage])
