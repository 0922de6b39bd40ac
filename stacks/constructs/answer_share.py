"""How often PROD gives the watched answer, counted from its captured data."""

from __future__ import annotations

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from handover.function_variables import AnswerShareVariables
from handover.invocations import text_of
from handover.names import METRIC_NAMESPACE
from handover.places import CAPTURE, CapturedFile

from constructs import Construct
from stacks.constructs.data_bucket import DataBucket
from stacks.constructs.encryption import Encryption
from stacks.constructs.function import Function
from stacks.constructs.permissions import allow_metrics
from stacks.specs import ExpectedAnswers, Workload

#: A captured file with fewer answers says nothing about a share.
_LEAST_ANSWERS = 30


class AnswerShare(Construct):
    """A function that reads each captured file when it arrives and puts the metric that the answer alarms watch."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        data: DataBucket,
        workload: Workload,
        expected: ExpectedAnswers,
        encryption: Encryption,
    ) -> None:
        super().__init__(scope, construct_id)
        function = Function(
            self,
            "Function",
            folder="answer_share",
            variables=AnswerShareVariables(
                answer=expected.label,
                threshold=expected.threshold,
                least_answers=_LEAST_ANSWERS,
                invocation=text_of(workload.invocation),
            ),
            encryption=encryption,
        )
        data.grant_get(function.role, CAPTURE)
        allow_metrics(function.role, METRIC_NAMESPACE)
        data.tell_eventbridge()
        events.Rule(
            self,
            "Captured",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={"bucket": {"name": [data.name]}, "object": {"key": [{"wildcard": CapturedFile.PATTERN}]}},
            ),
            targets=[targets.LambdaFunction(function.function)],
        )
