"""The kinds of answers, one in each file. A new kind needs a file here and an entry in ``KINDS``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ml_test.gate.answers.classes import Classes
from ml_test.gate.answers.labels import Labels
from ml_test.gate.answers.probability import Probability
from ml_test.gate.answers.topics import Topics

if TYPE_CHECKING:
    from ml_test.gate.answers.kind import AnswerKind

KINDS: tuple[type[AnswerKind[Any]], ...] = (Labels, Probability, Classes, Topics)
