"""SavedModels as TensorFlow Serving runs them: a session, and signatures whose tensors are fed and fetched by name."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import tensorflow as tf

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

tf.get_logger().setLevel("ERROR")  # the loader of sessions is deprecated; TensorFlow Serving works as it does

DEFAULT_SIGNATURE = "serving_default"
_TAG = "serve"


class ServingError(Exception):
    """A refusal in TensorFlow Serving's words, with the HTTP status that it has there."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, kw_only=True, slots=True)
class Signature:
    """Names and types of a signature's tensors. ``run`` takes inputs and gives outputs in the order of the names."""

    inputs: Mapping[str, tf.DType]
    outputs: tuple[str, ...]
    run: Callable[..., list[NDArray[Any]]]

    def answers(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Raises ServingError with the text of what the graph refuses."""
        try:
            return dict(zip(self.outputs, self.run(*(inputs[name] for name in self.inputs)), strict=True))
        except tf.errors.OpError as error:
            raise ServingError(str(error.message)) from error
        except ValueError as error:  # the shape of an input
            raise ServingError(str(error)) from error


class SavedModel:
    """One version of a model, loaded."""

    def __init__(self, folder: Path) -> None:
        # A request is a row or a few: threads would cost more than they give.
        config = tf.compat.v1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
        graph = tf.Graph()
        with graph.as_default():
            self._session = tf.compat.v1.Session(graph=graph, config=config)
            loaded = tf.compat.v1.saved_model.loader.load(self._session, [_TAG], str(folder))
        self._definitions = dict(loaded.signature_def)
        self._signatures: dict[str, Signature] = {}

    def signature(self, name: str) -> Signature:
        """The signature of this name, or for no name the default one. Raises ServingError where there is none."""
        wanted = name or DEFAULT_SIGNATURE
        if wanted not in self._definitions:
            raise ServingError(f'Serving signature name: "{wanted}" not found in signature def')
        if wanted not in self._signatures:
            self._signatures[wanted] = self._made(self._definitions[wanted])
        return self._signatures[wanted]

    def _made(self, definition: Any) -> Signature:
        inputs, outputs = dict(sorted(definition.inputs.items())), dict(sorted(definition.outputs.items()))
        run = self._session.make_callable(
            [info.name for info in outputs.values()], feed_list=[info.name for info in inputs.values()]
        )
        return Signature(
            inputs={name: tf.dtypes.as_dtype(info.dtype) for name, info in inputs.items()},
            outputs=tuple(outputs),
            run=run,
        )


@dataclass(frozen=True, kw_only=True)
class Model:
    """A folder with a numeric folder for each version. The highest is served; the others on request."""

    name: str
    versions: Mapping[int, Path]
    _loaded: dict[int, SavedModel] = field(default_factory=dict)
    _loading: threading.Lock = field(default_factory=threading.Lock)

    def version(self, wanted: str | None) -> SavedModel:
        """Raises ServingError for a version that there is not."""
        number = max(self.versions) if wanted is None else int(wanted) if wanted.isdecimal() else -1
        if number not in self.versions:
            raise ServingError(f"Servable not found for request: Specific({self.name}, {wanted})", 404)
        with self._loading:
            if number not in self._loaded:
                self._loaded[number] = SavedModel(self.versions[number])
        return self._loaded[number]


def find_models(root: Path) -> dict[str, Model]:
    """The models below a folder by the names of their folders, in the order in which they are found."""
    found: dict[Path, dict[int, Path]] = {}
    for path in sorted(root.rglob("saved_model.pb")):
        if path.parent.name.isdecimal():
            found.setdefault(path.parent.parent, {})[int(path.parent.name)] = path.parent
    return {folder.name: Model(name=folder.name, versions=versions) for folder, versions in found.items()}
