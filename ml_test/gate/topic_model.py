"""The topics of a model, read from the archives that its containers load: the words and the weight of each in a topic.

Topics stand in the algorithm's artifact: MXNet's array ``projection_weight``, of shape (words, topics), in the file
``params`` of the stored zip ``model_algo-1``. Words stand in the bundle of the container before it, as the vocabulary
that counts them. Both are the push's work, and untrusted.
"""

from __future__ import annotations

import io
import json
import math
import struct
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ml_test.gate.archives import MOST_BYTES, files

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

_ARTIFACT = r"(\./)?model_algo-\d+"
_VOCABULARY = r"(\./)?root/count_vectorizer[^/]*\.node/model\.json"
_PROJECTION = "arg:projection_weight"
#: MXNet's marks, and its number for float32; dense arrays alone.
_LIST, _ARRAY, _DENSE, _FLOAT32 = 0x112, 0xF993FAC9, 0, 0
_MOST_ARRAYS, _MOST_DIMENSIONS, _LONGEST_NAME = 1000, 4, 200


@dataclass(frozen=True, kw_only=True, slots=True)
class TopicModel:
    """words: of the vocabulary, each once. projection: shape (words, topics)."""

    words: tuple[str, ...]
    projection: NDArray[np.float64]

    @property
    def topics(self) -> int:
        return int(self.projection.shape[1])

    def probabilities(self, weights: NDArray[np.float64], places: NDArray[np.int64]) -> NDArray[np.float64]:
        """Of the words at these places, given that a word is one of them: shape (rows, places)."""
        logits = weights @ self.projection[places].T
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        found: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
        return found


def read(archives: Sequence[bytes]) -> TopicModel:
    """ValueError that says what is missing or wrong."""
    artifacts = [content for archive in archives for content in files(archive, _ARTIFACT).values()]
    vocabularies = [content for archive in archives for content in files(archive, _VOCABULARY).values()]
    if len(artifacts) != 1 or len(vocabularies) != 1:
        raise ValueError(
            f"the package has {len(artifacts)} files model_algo-1 and {len(vocabularies)} vocabularies, "
            "expected one of each"
        )
    words, projection = _words(vocabularies[0]), _projection(artifacts[0])
    if projection.ndim != 2 or projection.shape[0] != len(words) or projection.shape[1] < 2:
        raise ValueError(f"the topics have the shape {projection.shape}, and the vocabulary has {len(words)} words")
    if not np.isfinite(projection).all():
        raise ValueError("a weight of a word in a topic is no number")
    return TopicModel(words=words, projection=projection.astype(np.float64))


def _words(content: bytes) -> tuple[str, ...]:
    try:
        found = json.loads(content)["attributes"]["vocabulary"]["string"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"the vocabulary cannot be read: {error}") from error
    if not isinstance(found, list) or not all(isinstance(word, str) for word in found) or len(set(found)) != len(found):
        raise ValueError("the vocabulary is no list of different words")
    return tuple(found)


def _projection(artifact: bytes) -> NDArray[np.float32]:
    try:
        with zipfile.ZipFile(io.BytesIO(artifact)) as archive:
            entry = archive.getinfo("params")
            if entry.file_size > MOST_BYTES:
                raise ValueError(f"params has {entry.file_size} bytes")
            found = dict(_arrays(archive.read(entry)))
        return found[_PROJECTION]
    except (zipfile.BadZipFile, KeyError, struct.error, NotImplementedError, UnicodeDecodeError) as error:
        raise ValueError(f"model_algo-1 has no {_PROJECTION} that can be read: {error}") from error


def _arrays(content: bytes) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Name and values of each array."""
    place = 0

    def take(form: str) -> tuple[Any, ...]:
        nonlocal place
        found = struct.unpack_from(f"<{form}", content, place)
        place += struct.calcsize(f"<{form}")
        return found

    mark, _, count = take("QQQ")
    if mark != _LIST or count > _MOST_ARRAYS:
        raise ValueError(f"params begins with 0x{mark:x} and {count} arrays")
    arrays = []
    for _ in range(count):
        mark, storage, dimensions = take("IiI")
        if mark != _ARRAY or storage != _DENSE or dimensions > _MOST_DIMENSIONS:
            raise ValueError(f"params has an array 0x{mark:x} of storage {storage} and {dimensions} dimensions")
        shape = take(f"{dimensions}q")
        _, _, kind = take("iii")
        size = math.prod(shape)
        if kind != _FLOAT32 or min(shape, default=1) < 0 or 4 * size > len(content) - place:
            raise ValueError(f"params has an array of kind {kind} and shape {shape}")
        arrays.append(np.frombuffer(content, "<f4", size, place).reshape(shape))
        place += 4 * size
    (named,) = take("Q")
    if named != count:
        raise ValueError(f"params has {count} arrays and {named} names")
    for array in arrays:
        (length,) = take("Q")
        if length > _LONGEST_NAME:
            raise ValueError(f"params has a name of {length} bytes")
        yield take(f"{length}s")[0].decode(), array
