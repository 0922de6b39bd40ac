"""What is true of an endpoint whose release was taken back, whatever was wrong with it."""

from __future__ import annotations

from bench.lab.guarded_endpoint import GuardedEndpoint, Update


def assert_rolled_back(endpoint: GuardedEndpoint, update: Update, reason: str) -> None:
    """AWS's states in order, the old model serves all, the reason is told, nothing of the new fleet is left."""
    assert update.states == ["UPDATING", "ROLLING_BACK", "IN_SERVICE"]
    assert update.end["EndpointConfigName"] == endpoint.config
    assert reason in update.end["FailureReason"]
    assert "PendingDeploymentSummary" not in update.end
    assert update.traffic.answers[-1][1] == endpoint.serving
    assert update.left_over == []
