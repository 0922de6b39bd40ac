"""Competing models: a release serves beside the champion with a share of the traffic, until somebody decides."""

from __future__ import annotations

from aws_cdk import Aws, CfnCondition, CfnParameter, Fn, IResolvable, Token
from aws_cdk import aws_cloudwatch as cloudwatch
from handover.names import CHALLENGER_VARIANT, NO_CHAMPION, Parameter

from constructs import Construct
from stacks.constructs.guardrails import Guard, guard
from stacks.constructs.package_model import PackageModel, version_of
from stacks.settings import Ab, Stage


class Challenger(Construct):
    """The release as a second production variant. It exists only while the stack's parameter names a champion."""

    def __init__(
        self, scope: Construct, construct_id: str, *, package_arn: str, role_arn: str, stage: Stage, ab: Ab
    ) -> None:
        super().__init__(scope, construct_id)
        self._released_arn = package_arn
        #: Such as ``7-competing``.
        self.release = f"{version_of(package_arn)}-competing"
        champion = CfnParameter(
            self, "Champion", default=NO_CHAMPION, description="The package beside which a release competes, or none"
        )
        champion.override_logical_id(Parameter.CHAMPION)
        self._champion_arn = champion.value_as_string
        self.competes = CfnCondition(
            self, "Competes", expression=Fn.condition_not(Fn.condition_equals(self._champion_arn, NO_CHAMPION))
        )
        self.competes.override_logical_id("Competes")
        model = PackageModel(self, "ChallengerModel", package_arn=package_arn, role_arn=role_arn)
        model.cfn_options.condition = self.competes
        self._variant = {
            "VariantName": CHALLENGER_VARIANT,
            "ModelName": model.attr_model_name,
            # PROD's initial count, without scaling: the cost of an experiment is known beforehand.
            "InitialInstanceCount": stage.instance_count,
            "InitialVariantWeight": ab.challenger_weight_percent,
            "InstanceType": stage.instance_type,
        }

    @property
    def main_package_arn(self) -> str:
        """The package of the main variant: the champion, or the release if it serves alone."""
        return self._if_competing(self._champion_arn, self._released_arn).to_string()

    @property
    def variant(self) -> IResolvable:
        """An entry of the endpoint configuration's variants; absent if the release serves alone."""
        return self._if_competing(self._variant, Aws.NO_VALUE)

    def release_or(self, alone: str) -> str:
        """The name under which answers are captured: the experiment's are kept apart from those of a release alone."""
        return self._if_competing(self.release, alone).to_string()

    def guard(self, alarm: cloudwatch.Alarm) -> Guard:
        """An alarm of this variant as a deployment's guard. It exists only while the release competes."""
        resource = alarm.node.default_child
        assert isinstance(resource, cloudwatch.CfnAlarm)  # noqa: S101  (what an Alarm is made of)
        resource.cfn_options.condition = self.competes
        return self._if_competing(guard(alarm), Aws.NO_VALUE)

    def _if_competing(self, competing: object, alone: object) -> IResolvable:
        return Token.as_any(Fn.condition_if(self.competes.logical_id, competing, alone))
