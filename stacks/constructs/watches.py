"""Watches on PROD besides errors and latency, from the workload's spec: one class for each kind.

A watch has two halves. Its alarms are in the endpoint's stack, where they guard a release. The function that feeds them
is in the pipeline's stack. Both exist only if the stage captures its requests.
"""

from __future__ import annotations

from handover.names import CHALLENGER_VARIANT

from constructs import Construct
from stacks.constructs.answer_alarms import AnswerAlarms
from stacks.constructs.answer_share import AnswerShare
from stacks.constructs.endpoint import ModelEndpoint
from stacks.constructs.endpoint_alarms import EndpointAlarms
from stacks.constructs.workload_resources import WorkloadResources
from stacks.settings import Stage
from stacks.specs import Workload


def attach_alarms(
    scope: Construct, *, workload: Workload, stage: Stage, endpoint: ModelEndpoint, alarms: EndpointAlarms
) -> None:
    """The alarms of the main variant, and of a challenger while it competes."""
    for expected in workload.watches if stage.capture_percent else ():
        main = endpoint.answer_dimensions
        alarms.add(AnswerAlarms(scope, "Answers", dimensions=main, expected=expected).all)
        if endpoint.challenger:
            second = main | {"VariantName": CHALLENGER_VARIANT, "Release": endpoint.challenger.release}
            watching = AnswerAlarms(scope, "ChallengerAnswers", dimensions=second, expected=expected)
            alarms.add(watching.all, of=endpoint.challenger)


def attach_counting(scope: Construct, *, workload: Workload, stage: Stage, resources: WorkloadResources) -> None:
    """The functions that count the answers for the alarms."""
    for expected in workload.watches if stage.capture_percent else ():
        AnswerShare(
            scope,
            "AnswerShare",
            data=resources.data,
            workload=workload,
            expected=expected,
            encryption=resources.encryption,
        )
