"""How figures are said in a sentence."""

from __future__ import annotations

NAMES = {
    "accuracy": "accuracy",
    "macro_f1": "macro-F1",
    "recall": "recall",
    "auc": "AUC",
    "log_loss": "log loss",
    "calibration_error": "calibration error",
}

#: To someone who has not met the metric: "Accuracy is …".
EXPLAINED = {
    "accuracy": "the share of test rows that are answered right",
    "macro_f1": "how well each label is found and kept apart, from 0 to 1, every label counting alike, rare or not",
    "auc": "how often a row where it came true gets a higher probability than one where it did not; 0.5 is guessing",
    "log_loss": "how surprised the probabilities were by what came true; less is better",
}


def percent(share: float) -> str:
    """0.95 → ``95 %``, 0.98333 → ``98.33 %``."""
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + " %"


def figure(metric: str, value: float) -> str:
    """An accuracy in per cent, anything else as a number."""
    return f"{100 * value:.1f} %" if metric in {"accuracy", "recall"} else f"{value:.3f}"


def amount(metric: str, value: float) -> str:
    """A difference: percentage points for shares."""
    if metric in {"accuracy", "recall"}:
        return f"{100 * value:.1f} percentage points"
    return f"{value:.3f}"
