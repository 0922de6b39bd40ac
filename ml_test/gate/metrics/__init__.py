"""The metrics, one in each file. A new metric needs a file here and an entry in ``METRICS``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ml_test.gate.metrics.accuracy import Accuracy
from ml_test.gate.metrics.auc import Auc
from ml_test.gate.metrics.calibration_error import CalibrationError
from ml_test.gate.metrics.class_log_loss import ClassLogLoss
from ml_test.gate.metrics.completion import Completion
from ml_test.gate.metrics.confidence_error import ConfidenceError
from ml_test.gate.metrics.log_loss import LogLoss
from ml_test.gate.metrics.macro_f1 import MacroF1
from ml_test.gate.metrics.ndcg import NdcgAt10
from ml_test.gate.metrics.recall import Recall
from ml_test.gate.metrics.top_5 import TopFive
from ml_test.gate.metrics.topic_words import TopicCoherence, TopicDiversity

if TYPE_CHECKING:
    from ml_test.gate.metrics.metric import Metric

METRICS: tuple[Metric[Any], ...] = (
    Accuracy(), MacroF1(), Recall(), TopFive(), Auc(), LogLoss(), ClassLogLoss(), CalibrationError(), ConfidenceError(),
    NdcgAt10(), Completion(), TopicDiversity(), TopicCoherence(),
)  # fmt: skip
