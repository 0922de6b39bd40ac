"""Reports of a gate, for whoever reads them."""

from __future__ import annotations

from typing import Any

PACKAGE = "arn:aws:sagemaker:us-east-1:123456789012:model-package/car-evaluation/7"


def gate_document(**changes: Any) -> dict[str, Any]:
    """A report as ``gate.json`` holds it, without the figures that only the gate knows."""
    return {
        "workload": "car_evaluation",
        "commit": "0123abc",
        "data_sha256": "b703",
        "model_package_arn": PACKAGE,
        "champion": None,
        "pipeline_execution": "e1",
        "endpoint": "qa",
        "objects": [],
        "images": [],
        "attempt": 1,
        "smoke": [],
        "verdict": "PROMOTE",
        "reason": "accuracy 0.9875 is above its floor",
        "checks": [{"sentence": "accuracy 0.9875 [0.96, 0.99], at least 0.95"}],
        "look_at": [],
        "test_split_sha256": "5" * 64,
    } | changes
