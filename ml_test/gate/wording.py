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
