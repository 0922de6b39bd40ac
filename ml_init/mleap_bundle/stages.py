"""The fitted Spark stages that can be written, and how: one writer for each class, in the table ``WRITERS``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

# A column's size: None for a scalar, otherwise the length of its vector.
Sizes = dict[str, int | None]


class UnsupportedStageError(Exception):
    """The stage, or one of its settings, has no writer, or MLeap 0.20.0 could not read the result."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """A stage in MLeap's terms. Ports map MLeap's port names to column names; attributes are in MLeap's order."""

    name: str
    op: str
    attributes: tuple[tuple[str, Any], ...]
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]


def nodes_of(stages: Iterable[Any]) -> tuple[Node, ...]:
    """The nodes of a fitted pipeline's stages, in their order. Raises UnsupportedStageError with the stage's name."""
    sizes: Sizes = {}
    return tuple(_node(stage, sizes) for stage in stages)


def _node(stage: Any, sizes: Sizes) -> Node:
    kind = type(stage).__name__
    writer = WRITERS.get(kind)
    if writer is None:
        raise UnsupportedStageError(
            f"{kind} cannot be written as an MLeap bundle. Supported: {', '.join(sorted(WRITERS))}; "
            "a new stage is a new writer in ml_init/mleap_bundle/stages.py."
        )
    return writer(stage, sizes)


def _string_indexer(stage: Any, sizes: Sizes) -> Node:
    _refuse(stage, "inputCols", "MLeap 0.20.0 reads one column a StringIndexer: use one for each")
    source, target = stage.getInputCol(), stage.getOutputCol()
    sizes[target] = None
    return Node(
        name=f"string_indexer_{target}",
        op="string_indexer",
        attributes=(("labels", list(stage.labels)), ("handle_invalid", _handle_invalid(stage, {"error", "keep"}))),
        inputs={"input": source},
        outputs={"output": target},
    )


def _index_to_string(stage: Any, sizes: Sizes) -> Node:
    source, target = stage.getInputCol(), stage.getOutputCol()
    labels = list(stage.getLabels())
    if not labels:
        raise UnsupportedStageError(f"IndexToString of {source} has no labels of its own: pass labels=…")
    sizes[target] = None
    return Node(
        name=f"reverse_string_indexer_{target}",
        op="reverse_string_indexer",
        attributes=(("labels", labels),),
        inputs={"input": source},
        outputs={"output": target},
    )


def _vector_assembler(stage: Any, sizes: Sizes) -> Node:
    _handle_invalid(stage, {"error"})
    sources, target = stage.getInputCols(), stage.getOutputCol()
    widths = [sizes.get(source) for source in sources]
    sizes[target] = sum(1 if width is None else width for width in widths)
    return Node(
        name=f"vector_assembler_{target}",
        op="vector_assembler",
        attributes=(("input_shapes", {"data_shape": [_shape(width) for width in widths]}),),
        inputs={f"input{place}": source for place, source in enumerate(sources)},
        outputs={"output": target},
    )


def _regex_tokenizer(stage: Any, sizes: Sizes) -> Node:
    if int(stage.getMinTokenLength()) > 1:
        raise UnsupportedStageError(
            f"RegexTokenizer with minTokenLength={stage.getMinTokenLength()}: MLeap reads a number of 32 bits here, "
            "and the bundle's writer knows none. Ask for the length in the pattern."
        )
    source, target = stage.getInputCol(), stage.getOutputCol()
    sizes[target] = None
    return Node(
        name=f"regex_tokenizer_{target}",
        op="regex_tokenizer",
        attributes=(
            ("regex", stage.getPattern()),
            ("match_gaps", bool(stage.getGaps())),
            ("token_min_length", int(stage.getMinTokenLength())),
            ("lowercase_text", bool(stage.getToLowercase())),
        ),
        inputs={"input": source},
        outputs={"output": target},
    )


def _tokenizer(stage: Any, sizes: Sizes) -> Node:
    source, target = stage.getInputCol(), stage.getOutputCol()
    sizes[target] = None
    return Node(
        name=f"tokenizer_{target}", op="tokenizer", attributes=(), inputs={"input": source}, outputs={"output": target}
    )


def _stop_words_remover(stage: Any, sizes: Sizes) -> Node:
    _refuse(stage, "inputCols", "MLeap 0.20.0 reads one column a StopWordsRemover: use one for each")
    source, target = stage.getInputCol(), stage.getOutputCol()
    words = list(stage.getStopWords())
    if not words:
        raise UnsupportedStageError(f"StopWordsRemover of {source} has no stop words: leave it out")
    sizes[target] = None
    return Node(
        name=f"stopwords_remover_{target}",
        op="stopwords_remover",
        attributes=(("stop_words", words), ("case_sensitive", bool(stage.getCaseSensitive()))),
        inputs={"input": source},
        outputs={"output": target},
    )


def _count_vectorizer(stage: Any, sizes: Sizes) -> Node:
    source, target = stage.getInputCol(), stage.getOutputCol()
    words = list(stage.vocabulary)
    sizes[target] = len(words)
    return Node(
        name=f"count_vectorizer_{target}",
        op="count_vectorizer",
        attributes=(("vocabulary", words), ("binary", bool(stage.getBinary())), ("min_tf", float(stage.getMinTF()))),
        inputs={"input": source},
        outputs={"output": target},
    )


def _shape(width: int | None) -> dict[str, Any]:
    if width is None:
        return {"shape": "scalar"}
    return {"shape": "tensor", "tensor_shape": {"dimensions": [{"size": width}]}}


def _handle_invalid(stage: Any, supported: set[str]) -> str:
    value = str(stage.getHandleInvalid())
    if value not in supported:
        raise UnsupportedStageError(
            f"{type(stage).__name__} with handleInvalid={value!r}: the container can only do {sorted(supported)}"
        )
    return value


def _refuse(stage: Any, parameter: str, reason: str) -> None:
    if stage.isSet(parameter):
        raise UnsupportedStageError(f"{type(stage).__name__} with {parameter}: {reason}")


WRITERS: Mapping[str, Callable[[Any, Sizes], Node]] = {
    "CountVectorizerModel": _count_vectorizer,
    "IndexToString": _index_to_string,
    "RegexTokenizer": _regex_tokenizer,
    "StopWordsRemover": _stop_words_remover,
    "StringIndexerModel": _string_indexer,
    "Tokenizer": _tokenizer,
    "VectorAssembler": _vector_assembler,
}
