"""Scaling policies, with the alarms that target tracking makes for itself."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from localcloud.platform.accepted import accept_only
from localcloud.platform.errors import AwsError
from localcloud.platform.service import Call, Params, operation
from localcloud.services.application_autoscaling.base import ScalingOperations
from localcloud.services.application_autoscaling.dimensions import check_namespace, dimension_of
from localcloud.services.application_autoscaling.linked_roles import as_caller, refused_as_there
from localcloud.services.application_autoscaling.policy_kinds import kind_of, requested
from localcloud.services.application_autoscaling.records import KEY, key_of, missing, page, selected
from localcloud.services.application_autoscaling.tracking_alarms import tracking_alarms

if TYPE_CHECKING:
    from localcloud.platform.store import Document
    from localcloud.services.application_autoscaling.dimensions import Dimension

_METRIC = ("PredefinedMetricSpecification", "CustomizedMetricSpecification")


class Policies(ScalingOperations):
    @operation("PutScalingPolicy")
    def put_policy(self, call: Call, params: Params) -> Params:
        """Makes a policy or replaces its configuration, and its alarms with the caller's permission."""
        known_names = {
            *(*KEY, "PolicyName", "PolicyType"),
            *("TargetTrackingScalingPolicyConfiguration", "StepScalingPolicyConfiguration"),
        }
        accept_only(params, known_names, "application-autoscaling:PutScalingPolicy")
        kind = dimension_of(params)
        self.records.target(params)
        key = f"{key_of(params)}|{params['PolicyName']}"
        known = self.records.policies.get(key)
        policy_type, configuration = requested(params, known)
        fresh = {
            **{name: params[name] for name in (*KEY, "PolicyName")},
            "PolicyARN": self._policy_arn(params),
            "PolicyType": policy_type,
            "CreationTime": datetime.now(UTC),
        }
        policy = {**fresh, **(known or {})}
        kind_of(policy).check(configuration, kind)
        policy[kind_of(policy).member] = configuration
        self._check_metric(key, policy)
        if kind_of(policy).makes_alarms:
            with refused_as_there():
                policy["Alarms"] = self._put_alarms(call, policy, kind)
        self.records.policies.put(key, policy)
        return {"PolicyARN": policy["PolicyARN"], "Alarms": policy.get("Alarms", [])}

    @operation("DeleteScalingPolicy")
    def delete_scaling_policy(self, call: Call, params: Params) -> Params:
        key = f"{key_of(params)}|{params['PolicyName']}"
        policy = self.records.policies.get(key)
        if policy is None:
            raise missing("No scaling policy found for", params)
        self.delete_policy(call, key, policy)
        return {}

    @operation("DescribeScalingPolicies")
    def describe_policies(self, _: Call, params: Params) -> Params:
        check_namespace(params["ServiceNamespace"])
        names = params.get("PolicyNames")
        found = [
            policy | {"Alarms": self._alarms_of(policy)}
            for policy in selected([policy for _, policy in self.records.policies.items()], params)
            if not names or policy["PolicyName"] in names
        ]
        return page(found, params, "ScalingPolicies")

    def _policy_arn(self, params: Params) -> str:
        settings = self.cloud.settings
        return (
            f"arn:aws:autoscaling:{settings.region}:{settings.account_id}:scalingPolicy:{uuid.uuid4()}:resource/"
            f"{params['ServiceNamespace']}/{params['ResourceId']}:policyName/{params['PolicyName']}"
        )

    def _check_metric(self, key: str, policy: Document) -> None:
        """Two policies of a target that track the same metric would undo each other's work."""
        member = "TargetTrackingScalingPolicyConfiguration"
        tracked = {name: policy.get(member, {}).get(name) for name in _METRIC}
        for other_key, other in self.records.policies_of(key_of(policy)).items():
            same = member in other and {name: other[member].get(name) for name in _METRIC} == tracked
            if member in policy and other_key != key and same:
                raise AwsError(
                    "ValidationException",
                    "Only one TargetTrackingScaling policy for a given metric specification is allowed.",
                )

    def _put_alarms(self, call: Call, policy: Document, kind: Dimension) -> list[dict[str, str]]:
        cloudwatch = as_caller(self.cloud, call, "cloudwatch")
        names = []
        for alarm in tracking_alarms(policy, kind):
            cloudwatch.put_metric_alarm(**alarm)
            names.append(alarm["AlarmName"])
        unneeded = [each["AlarmName"] for each in policy.get("Alarms", []) if each["AlarmName"] not in names]
        if unneeded:
            cloudwatch.delete_alarms(AlarmNames=unneeded)
        return [{"AlarmName": name, "AlarmARN": self.cloud.arn("cloudwatch", f"alarm:{name}")} for name in names]

    def _alarms_of(self, policy: Document) -> list[dict[str, str]]:
        if kind_of(policy).makes_alarms:
            return list(policy["Alarms"])
        cloudwatch = self.cloud.clients.administrator("cloudwatch")
        found = cloudwatch.describe_alarms(ActionPrefix=policy["PolicyARN"])["MetricAlarms"]
        return [{"AlarmName": alarm["AlarmName"], "AlarmARN": alarm["AlarmArn"]} for alarm in found]
