"""The kinds of scaling policies: what each is asked for, and for how long it then waits."""

from __future__ import annotations

import abc
import itertools
import math
from typing import TYPE_CHECKING, ClassVar

from localcloud.platform.accepted import accept_only
from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.services.application_autoscaling.decisions import Direction, stepped, tracked

if TYPE_CHECKING:
    from localcloud.platform.service import Params
    from localcloud.platform.store import Document
    from localcloud.services.application_autoscaling.decisions import Breach
    from localcloud.services.application_autoscaling.dimensions import Dimension

_TRACKING = {
    *("TargetValue", "PredefinedMetricSpecification", "CustomizedMetricSpecification"),
    *("ScaleOutCooldown", "ScaleInCooldown", "DisableScaleIn"),
}
_STEP = {"AdjustmentType", "StepAdjustments", "MinAdjustmentMagnitude", "Cooldown", "MetricAggregationType"}
_CUSTOMIZED = {"MetricName", "Namespace", "Dimensions", "Statistic", "Unit"}
_ADJUSTMENTS = ("ChangeInCapacity", "ExactCapacity", "PercentChangeInCapacity")
_STEP_COOLDOWN_SECONDS = 300


class PolicyKind(abc.ABC):
    #: The member of a request and of a policy that holds its configuration.
    member: ClassVar[str]
    #: Whether the service makes its alarms. Otherwise the user does.
    makes_alarms: ClassVar[bool]

    @abc.abstractmethod
    def check(self, configuration: Params, kind: Dimension) -> None:
        """Raises AwsError for what AWS refuses, UnsupportedError for what the local cloud does not do."""

    @abc.abstractmethod
    def wanted(self, configuration: Params, breach: Breach) -> int | None:
        """The capacity that it asks for, not bounded; None for nothing."""

    @abc.abstractmethod
    def cooldown_seconds(self, configuration: Params, direction: Direction, kind: Dimension) -> float:
        """AWS's seconds after an activity of this direction."""

    def agrees_to_scale_in(self, configuration: Params) -> bool:
        """Whether a scale-in by another policy needs its agreement."""
        del configuration
        return False


class TargetTracking(PolicyKind):
    member = "TargetTrackingScalingPolicyConfiguration"
    makes_alarms = True

    def check(self, configuration: Params, kind: Dimension) -> None:
        what = "application-autoscaling:PutScalingPolicy with TargetTrackingScalingPolicyConfiguration that has"
        accept_only(configuration, _TRACKING, what)
        predefined = configuration.get("PredefinedMetricSpecification")
        customized = configuration.get("CustomizedMetricSpecification")
        if bool(predefined) == bool(customized):
            raise _invalid("You must specify either PredefinedMetricSpecification or CustomizedMetricSpecification.")
        if configuration["TargetValue"] <= 0:
            raise _invalid(f"TargetValue must be larger than 0, and is {configuration['TargetValue']:g}.")
        for name in ("ScaleOutCooldown", "ScaleInCooldown"):
            if configuration.get(name, 0) < 0:
                raise _invalid(f"{name} must not be negative, and is {configuration[name]}.")
        if predefined:
            _check_predefined(predefined, kind)
        if customized:
            accept_only(customized, _CUSTOMIZED, f"{what} CustomizedMetricSpecification that has")
            lacking = [name for name in ("Namespace", "MetricName", "Statistic") if not customized.get(name)]
            if lacking:
                raise _invalid(f"CustomizedMetricSpecification needs {', '.join(lacking)}.")

    def wanted(self, configuration: Params, breach: Breach) -> int | None:
        return tracked(configuration["TargetValue"], breach)

    def cooldown_seconds(self, configuration: Params, direction: Direction, kind: Dimension) -> float:
        name = "ScaleOutCooldown" if direction is Direction.OUT else "ScaleInCooldown"
        return float(configuration.get(name, kind.default_cooldown_seconds))

    def agrees_to_scale_in(self, configuration: Params) -> bool:
        return not configuration.get("DisableScaleIn")


class StepScaling(PolicyKind):
    member = "StepScalingPolicyConfiguration"
    makes_alarms = False

    def check(self, configuration: Params, kind: Dimension) -> None:
        del kind
        what = "application-autoscaling:PutScalingPolicy with StepScalingPolicyConfiguration that has"
        accept_only(configuration, _STEP, what)
        if configuration.get("AdjustmentType") not in _ADJUSTMENTS:
            raise _invalid(
                f"AdjustmentType must be {', '.join(_ADJUSTMENTS)}, not {configuration.get('AdjustmentType')}."
            )
        percent = configuration["AdjustmentType"] == "PercentChangeInCapacity"
        if configuration.get("MinAdjustmentMagnitude") and not percent:
            raise _invalid("MinAdjustmentMagnitude can only be specified with PercentChangeInCapacity.")
        _check_steps(configuration)

    def wanted(self, configuration: Params, breach: Breach) -> int | None:
        return stepped(configuration, breach)

    def cooldown_seconds(self, configuration: Params, direction: Direction, kind: Dimension) -> float:
        del direction, kind
        return float(configuration.get("Cooldown", _STEP_COOLDOWN_SECONDS))


_KINDS: dict[str, PolicyKind] = {"TargetTrackingScaling": TargetTracking(), "StepScaling": StepScaling()}


def kind_of(policy: Document) -> PolicyKind:
    return _KINDS[policy["PolicyType"]]


def requested(params: Params, known: Document | None) -> tuple[str, Params]:
    """The type and the configuration that a request gives a policy; ``known``: the policy that it changes."""
    named = params.get("PolicyType") or (known or {}).get("PolicyType", "StepScaling")
    kind = _KINDS.get(named)
    if kind is None:
        raise UnsupportedError(f"application-autoscaling:PutScalingPolicy with PolicyType {named}")
    if known is not None and known["PolicyType"] != named:
        raise _invalid(f"The type of the policy {params['PolicyName']} cannot change to {named}.")
    others = [each.member for each in _KINDS.values() if each is not kind and params.get(each.member)]
    if others or not params.get(kind.member):
        raise _invalid(f"A policy of type {named} needs {kind.member}, and no other configuration.")
    configuration: Params = params[kind.member]
    return named, configuration


def _check_predefined(predefined: Params, kind: Dimension) -> None:
    name = predefined["PredefinedMetricType"]
    if predefined.get("ResourceLabel"):
        raise UnsupportedError("application-autoscaling: a predefined metric with ResourceLabel")
    if name not in kind.metrics:
        raise UnsupportedError(f"application-autoscaling: the metric {name} of {kind.name}")


def _check_steps(configuration: Params) -> None:
    steps = configuration.get("StepAdjustments") or []
    if not steps:
        raise _invalid("At least one step adjustment is required.")
    intervals = sorted(
        (step.get("MetricIntervalLowerBound", -math.inf), step.get("MetricIntervalUpperBound", math.inf))
        for step in steps
    )
    if any(lower >= upper for lower, upper in intervals):
        raise _invalid("MetricIntervalLowerBound must be less than MetricIntervalUpperBound.")
    if any(before[1] != after[0] for before, after in itertools.pairwise(intervals)):
        raise _invalid("The intervals of step adjustments may neither overlap nor leave a gap.")
    if configuration["AdjustmentType"] == "ExactCapacity" and any(step["ScalingAdjustment"] < 0 for step in steps):
        raise _invalid("ScalingAdjustment must not be negative with ExactCapacity.")


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)
