"""Application Auto Scaling by boto3: targets, policies and their alarms, and capacities that follow the traffic."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bench.lab.endpoint_load import Load
from bench.lab.guarded_endpoint import VARIANT, GuardedEndpoint
from bench.lab.sagemaker_world import World
from tests.clouds import LocalCloud
from tests.local.iam_account import Account, allow, refused
from tests.local.lives.life import Stack
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.local

#: A minute of an alarm is three seconds here, in which a slow machine answers enough requests to breach a target.
TIME_SCALE = 20
DIMENSION = "sagemaker:variant:DesiredInstanceCount"
INVOCATIONS = {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}
#: The figures of the system that came before: three instances, 20 invocations of each a minute, half a minute's rest.
TRACKING = {
    "TargetValue": 20.0,
    "PredefinedMetricSpecification": INVOCATIONS,
    "ScaleInCooldown": 30,
    "ScaleOutCooldown": 30,
}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOCALCLOUD_TIME_SCALE", str(TIME_SCALE))
        cloud = LocalCloud.up(tmp_path_factory.mktemp("autoscaling"))
    yield cloud
    cloud.down()


@pytest.fixture(scope="module")
def elastic(cloud: LocalCloud) -> GuardedEndpoint:
    return GuardedEndpoint(World(cloud), "elastic")


@pytest.fixture
def scaling(cloud: LocalCloud, elastic: GuardedEndpoint) -> Iterator[Any]:
    """A client; what a test registers is gone after it, and the endpoint has one instance again."""
    client = cloud.client("application-autoscaling")
    yield client
    for target in client.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]:
        client.deregister_scalable_target(**key(target["ResourceId"]))
    if elastic.world.settled("elastic")["ProductionVariants"][0]["DesiredInstanceCount"] != 1:
        instances(elastic, 1)


def key(resource: str = f"endpoint/elastic/variant/{VARIANT}") -> dict[str, str]:
    return {"ServiceNamespace": "sagemaker", "ResourceId": resource, "ScalableDimension": DIMENSION}


def register(scaling: Any, least: int, most: int, **more: Any) -> str:
    arn: str = scaling.register_scalable_target(**key(), MinCapacity=least, MaxCapacity=most, **more)[
        "ScalableTargetARN"
    ]
    return arn


def track(scaling: Any, name: str = "invocations", **changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = scaling.put_scaling_policy(
        **key(),
        PolicyName=name,
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=TRACKING | changes,
    )
    return found


def instances(elastic: GuardedEndpoint, count: int) -> None:
    """Sets the count by hand, as an operator would."""
    elastic.world.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName="elastic", DesiredWeightsAndCapacities=[{"VariantName": VARIANT, "DesiredInstanceCount": count}]
    )
    settled_with(elastic, count)


def settled_with(elastic: GuardedEndpoint, count: int) -> None:
    """Waits until so many instances run and nothing changes them."""

    def look() -> tuple[str, int]:
        found = elastic.world.sagemaker.describe_endpoint(EndpointName="elastic")
        return found["EndpointStatus"], found["ProductionVariants"][0]["CurrentInstanceCount"]

    until(look, lambda seen: seen == ("InService", count), what=f"{count} instances of elastic")


def activities(scaling: Any, **more: Any) -> list[dict[str, Any]]:
    """Oldest first."""
    found: list[dict[str, Any]] = scaling.describe_scaling_activities(**key(), **more)["ScalingActivities"]
    return found[::-1]


def ended(scaling: Any, since: list[dict[str, Any]], number: int) -> list[dict[str, Any]]:
    """So many activities that began after these, all of which have ended."""
    known = {activity["ActivityId"] for activity in since}

    def new() -> list[dict[str, Any]]:
        return [activity for activity in activities(scaling) if activity["ActivityId"] not in known]

    return until(
        new,
        lambda found: len(found) >= number and all("EndTime" in each for each in found),
        what=f"{number} activities",
    )


def test_one_to_three_to_one_under_load_without_a_lost_request(elastic: GuardedEndpoint, scaling: Any) -> None:
    """Three minutes above the target add instances up to the bound, fifteen below it take them away again."""
    before = activities(scaling)
    register(scaling, 1, 3)
    alarms = track(scaling)["Alarms"]
    high, low = (alarm["AlarmName"] for alarm in alarms)
    with Load(elastic.world.cloud, "elastic", per_second=30) as load:
        settled_with(elastic, 3)
        load.per_second = 2
        settled_with(elastic, 1)
    assert load.errors == []
    assert load.answered > 100
    found = ended(scaling, before, 2)
    assert {activity["StatusCode"] for activity in found} == {"Successful"}
    assert [found[0]["Cause"], found[-1]["Cause"]] == [
        f"monitor alarm {name} in state ALARM triggered policy invocations" for name in (high, low)
    ]
    assert found[-1]["Description"] == "Setting desired instance count to 1."
    assert found[-1]["StatusMessage"] == (
        "Successfully set desired instance count to 1. Change successfully fulfilled by sagemaker."
    )


def test_target_tracking_makes_the_alarms_that_aws_makes(cloud: LocalCloud, scaling: Any) -> None:
    """Three of three minutes above the target, fifteen of fifteen below nine tenths of it, gone with the policy."""
    register(scaling, 1, 2)
    made = track(scaling, TargetValue=70.0)
    cloudwatch = cloud.client("cloudwatch")
    names = [alarm["AlarmName"] for alarm in made["Alarms"]]
    high, low = (cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0] for name in names)
    prefix = f"TargetTracking-endpoint/elastic/variant/{VARIANT}"
    assert high["AlarmName"].startswith(f"{prefix}-AlarmHigh-")
    assert low["AlarmName"].startswith(f"{prefix}-AlarmLow-")
    watched = ("ComparisonOperator", "Threshold", "Period", "EvaluationPeriods", "Statistic", "MetricName")
    assert [high[name] for name in watched] == ["GreaterThanThreshold", 70, 60, 3, "Sum", "InvocationsPerInstance"]
    assert [low[name] for name in watched] == ["LessThanThreshold", 63, 60, 15, "Sum", "InvocationsPerInstance"]
    assert high["AlarmActions"][0].startswith(f"{made['PolicyARN']}:createdBy/")
    again = track(scaling, TargetValue=50.0, DisableScaleIn=True)
    assert [alarm["AlarmName"] for alarm in again["Alarms"]] == names[:1]
    assert [alarm["Threshold"] for alarm in cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"]] == [50]
    (described,) = scaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"]
    assert described["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 50
    assert described["Alarms"] == again["Alarms"]
    scaling.delete_scaling_policy(**key(), PolicyName="invocations")
    assert cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"] == []


def test_a_concurrency_policy_has_alarms_of_ten_seconds(cloud: LocalCloud, scaling: Any) -> None:
    """The high-resolution metric is watched for half a minute upwards and fifteen minutes downwards."""
    register(scaling, 1, 2)
    metric = {"PredefinedMetricType": "SageMakerVariantConcurrentRequestsPerModelHighResolution"}
    made = track(scaling, PredefinedMetricSpecification=metric, TargetValue=5.0)
    found = [
        cloud.client("cloudwatch").describe_alarms(AlarmNames=[alarm["AlarmName"]])["MetricAlarms"][0]
        for alarm in made["Alarms"]
    ]
    assert [(each["MetricName"], each["Period"], each["EvaluationPeriods"]) for each in found] == [
        ("ConcurrentRequestsPerModel", 10, 3),
        ("ConcurrentRequestsPerModel", 10, 90),
    ]


def test_new_bounds_move_the_capacity_at_once(elastic: GuardedEndpoint, scaling: Any) -> None:
    """A higher minimum adds instances and a lower maximum ends some, without any alarm."""
    before = activities(scaling)
    register(scaling, 2, 3)
    settled_with(elastic, 2)
    scaling.register_scalable_target(**key(), MinCapacity=1, MaxCapacity=1)
    settled_with(elastic, 1)
    found = ended(scaling, before, 2)
    assert [activity["Cause"] for activity in found] == [
        "minimum capacity was set to 2",
        "maximum capacity was set to 1",
    ]
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 1)


def test_a_scale_out_waits_for_a_deployment(elastic: GuardedEndpoint, scaling: Any) -> None:
    """While an endpoint is being updated nothing is scaled, and the bounds are held once it is in service."""
    before = activities(scaling)
    deploying = elastic.challenger("slow-start", at_load="import time; time.sleep(3)")
    elastic.world.sagemaker.update_endpoint(EndpointName="elastic", EndpointConfigName=deploying)
    register(scaling, 2, 3)
    settled_with(elastic, 2)
    (found,) = ended(scaling, before, 1)
    assert found["StatusCode"] == "Successful"
    assert elastic.world.settled("elastic")["EndpointConfigName"] == deploying


def test_what_is_registered_and_under_way_survives_a_crash(
    cloud: LocalCloud, elastic: GuardedEndpoint, scaling: Any
) -> None:
    """After SIGKILL the target, its policy and alarms are the same, and the bounds that were ordered are held."""
    register(scaling, 1, 3, Tags={"team": "cars"})
    made = track(scaling)
    register(scaling, 2, 3)
    cloud.kill()
    cloud.start_again()
    settled_with(elastic, 2)
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 3)
    assert scaling.list_tags_for_resource(ResourceARN=target["ScalableTargetARN"])["Tags"] == {"team": "cars"}
    (policy,) = scaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"]
    assert (policy["PolicyARN"], policy["Alarms"]) == (made["PolicyARN"], made["Alarms"])


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"ResourceId": "endpoint/nobody/variant/v"}, "ValidationException", "Could not find endpoint"),
    ({"ResourceId": "endpoint/elastic/variant/v"}, "ValidationException", 'Could not find variant "v"'),
    ({"ResourceId": "elastic"}, "ValidationException", "Unsupported service namespace, resource type or scalable"),
    ({"MaxCapacity": 0}, "ValidationException", "Maximum capacity cannot be less than minimum capacity"),
    ({"MinCapacity": 0}, "ValidationException", "Minimum capacity cannot be less than 1"),
    ({"ServiceNamespace": "ecs"}, "NotImplemented", "the service namespace ecs"),
    ({"ScalableDimension": "sagemaker:variant:DesiredProvisionedConcurrency"}, "NotImplemented", "ProvisionedConcurr"),
]


@pytest.mark.parametrize(("changes", "code", "message"), REFUSED, ids=[message for _, _, message in REFUSED])
def test_a_target_that_cannot_be_scaled_is_refused(
    scaling: Any, changes: dict[str, Any], code: str, message: str
) -> None:
    """The refusal names what is wrong, and nothing is registered."""
    with refused(code, f".*{message}"):
        scaling.register_scalable_target(**(key() | {"MinCapacity": 1, "MaxCapacity": 2} | changes))
    assert scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"] == []


def test_a_policy_needs_its_target(scaling: Any) -> None:
    """A policy for what is not registered is refused in AWS's words."""
    with refused("ObjectNotFoundException", ".*No scalable target registered for service namespace: sagemaker"):
        track(scaling)


def test_two_policies_may_not_track_one_metric(scaling: Any) -> None:
    """They would undo each other's work."""
    register(scaling, 1, 2)
    track(scaling)
    with refused("ValidationException", ".*Only one TargetTrackingScaling policy for a given metric"):
        track(scaling, "another", TargetValue=5.0)


def test_a_caller_needs_the_permissions_of_the_endpoint_and_the_alarms(cloud: LocalCloud, scaling: Any) -> None:
    """Who may not scale the endpoint may not register it, and who may put no alarm puts no target tracking policy."""
    account = Account(cloud)
    mine = account.client("application-autoscaling", account.user(allow("application-autoscaling:*")))
    with refused("AccessDeniedException", ".*sagemaker:DescribeEndpoint"):
        register(mine, 1, 2)
    register(scaling, 1, 2)
    with refused("AccessDenied", ".*cloudwatch:PutMetricAlarm"):
        track(mine)
    assert scaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"] == []


def test_the_service_linked_role_acts(cloud: LocalCloud, scaling: Any) -> None:
    """Registering makes AWS's role, with AWS's policy, which trusts Application Auto Scaling alone."""
    register(scaling, 1, 2)
    name = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
    role = cloud.client("iam").get_role(RoleName=name)["Role"]
    assert role["Path"] == "/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/"
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    assert target["RoleARN"] == role["Arn"]
    (policy,) = cloud.client("iam").list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    assert policy["PolicyName"] == "AWSApplicationAutoscalingSageMakerEndpointPolicy"


def test_a_stack_scales_an_endpoint(cloud: LocalCloud, scaling: Any) -> None:
    """A template's target and policy are made, changed in place, and deleted with their alarms."""
    stack = Stack(cloud=cloud, name="Scaled")
    made = stack.deploy(template(most=2, target_value=70))
    arn = "|".join((key()["ResourceId"], DIMENSION, "sagemaker"))
    assert (made["Target"], made["Id"]) == (arn, arn)
    changed = stack.deploy(template(most=3, target_value=90), update=True)
    assert changed == made
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    assert (target["MaxCapacity"], target["SuspendedState"]["DynamicScalingInSuspended"]) == (3, True)
    (policy,) = scaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"]
    assert policy["PolicyARN"] == made["Policy"]
    assert policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 90
    stack.delete()
    assert scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"] == []
    names = [alarm["AlarmName"] for alarm in policy["Alarms"]]
    assert cloud.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"] == []


def template(*, most: int, target_value: float) -> dict[str, Any]:
    target = {**key(), "MinCapacity": 1, "MaxCapacity": most, "SuspendedState": {"DynamicScalingInSuspended": True}}
    policy = {
        "PolicyName": "invocations",
        "PolicyType": "TargetTrackingScaling",
        "ScalingTargetId": {"Ref": "Target"},
        "TargetTrackingScalingPolicyConfiguration": TRACKING | {"TargetValue": target_value},
    }
    return {
        "Resources": {
            "Target": {"Type": "AWS::ApplicationAutoScaling::ScalableTarget", "Properties": target},
            "Policy": {"Type": "AWS::ApplicationAutoScaling::ScalingPolicy", "Properties": policy},
        },
        "Outputs": {
            "Target": {"Value": {"Ref": "Target"}},
            "Id": {"Value": {"Fn::GetAtt": ["Target", "Id"]}},
            "Policy": {"Value": {"Ref": "Policy"}},
        },
    }


def test_a_step_policy_acts_when_the_users_alarm_does(elastic: GuardedEndpoint, scaling: Any) -> None:
    """The alarm whose action the policy is adds by the size of its breach, and the policy shows the alarm."""
    before = activities(scaling)
    register(scaling, 1, 4)
    steps = [
        {"MetricIntervalLowerBound": 0.0, "MetricIntervalUpperBound": 10.0, "ScalingAdjustment": 1},
        {"MetricIntervalLowerBound": 10.0, "ScalingAdjustment": 2},
    ]
    policy = scaling.put_scaling_policy(
        **key(),
        PolicyName="steps",
        PolicyType="StepScaling",
        StepScalingPolicyConfiguration={"AdjustmentType": "ChangeInCapacity", "StepAdjustments": steps},
    )["PolicyARN"]
    alarm = elastic.alarm(
        "steps", "Backlog", Namespace="Tests", Statistic="Maximum", Threshold=5, AlarmActions=[policy]
    )
    (described,) = scaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"]
    assert [each["AlarmName"] for each in described["Alarms"]] == [alarm]
    dimensions = [{"Name": "EndpointName", "Value": "elastic"}, {"Name": "VariantName", "Value": VARIANT}]
    datum = {"MetricName": "Backlog", "Dimensions": dimensions, "Value": 20}
    elastic.world.cloud.client("cloudwatch").put_metric_data(Namespace="Tests", MetricData=[datum])
    settled_with(elastic, 3)
    (found,) = ended(scaling, before, 1)
    assert found["Cause"] == f"monitor alarm {alarm} in state ALARM triggered policy steps"


def test_what_is_not_scaled_says_why(elastic: GuardedEndpoint, scaling: Any) -> None:
    """At the maximum an alarm changes nothing, and the reason is shown to those who ask for it."""
    register(scaling, 1, 1)
    policy = scaling.put_scaling_policy(
        **key(),
        PolicyName="full",
        PolicyType="StepScaling",
        StepScalingPolicyConfiguration={
            "AdjustmentType": "ChangeInCapacity",
            "StepAdjustments": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}],
        },
    )["PolicyARN"]
    plain = activities(scaling)
    alarm = elastic.alarm("full", "Queue", Namespace="Tests", Threshold=5, AlarmActions=[policy])
    cloudwatch = elastic.world.cloud.client("cloudwatch")
    dimensions = [{"Name": "EndpointName", "Value": "elastic"}, {"Name": "VariantName", "Value": VARIANT}]
    datum = {"MetricName": "Queue", "Dimensions": dimensions, "Value": 20}

    def reasons() -> list[Any]:
        cloudwatch.put_metric_data(Namespace="Tests", MetricData=[datum])
        found = activities(scaling, IncludeNotScaledActivities=True)
        return [each["NotScaledReasons"] for each in found if alarm in each["Cause"]]

    (found,) = until(reasons, lambda found: len(found) == 1, what="the reason")
    assert found == [{"Code": "AlreadyAtMaxCapacity", "MaxCapacity": 1}]
    assert activities(scaling) == plain


def test_predictive_scaling_is_refused(scaling: Any) -> None:
    """A policy type that the local cloud lacks is refused by name."""
    register(scaling, 1, 2)
    with refused("NotImplemented", ".*PredictiveScaling"):
        scaling.put_scaling_policy(**key(), PolicyName="oracle", PolicyType="PredictiveScaling")


def test_a_scheduled_action_sets_the_bounds(elastic: GuardedEndpoint, scaling: Any) -> None:
    """At its time the capacity moves into new bounds, with an activity for each; deregistering forgets the action."""
    before = activities(scaling)
    register(scaling, 1, 2)
    soon = datetime.now(UTC) + timedelta(seconds=2)
    scaling.put_scheduled_action(
        **key(),
        ScheduledActionName="rush",
        Schedule=f"at({soon:%Y-%m-%dT%H:%M:%S})",
        ScalableTargetAction={"MinCapacity": 2, "MaxCapacity": 3},
    )
    settled_with(elastic, 2)
    found = ended(scaling, before, 2)
    assert sorted((activity["Description"], activity["Cause"]) for activity in found) == [
        ("Setting desired instance count to 2.", "minimum capacity was set to 2"),
        ("Setting min capacity to 2 and max capacity to 3", "scheduled action name rush was triggered"),
    ]
    (action,) = scaling.describe_scheduled_actions(ServiceNamespace="sagemaker")["ScheduledActions"]
    assert (action["ScheduledActionName"], action["Timezone"]) == ("rush", "UTC")
    scaling.deregister_scalable_target(**key())
    assert scaling.describe_scheduled_actions(ServiceNamespace="sagemaker")["ScheduledActions"] == []


@pytest.mark.parametrize(
    ("schedule", "code", "message"),
    [
        ("cron(0 8 * * ? *)", "NotImplemented", "cron"),
        ("at(2026-13-01T08:00:00)", "ValidationException", "is not valid"),
        ("rate(0 minutes)", "ValidationException", "is none of at"),
        ("soon", "ValidationException", "is none of at"),
    ],
)
def test_a_schedule_that_cannot_be_kept_is_refused(scaling: Any, schedule: str, code: str, message: str) -> None:
    """The refusal names the schedule, and no action is kept."""
    register(scaling, 1, 2)
    with refused(code, f".*{message}"):
        scaling.put_scheduled_action(
            **key(), ScheduledActionName="never", Schedule=schedule, ScalableTargetAction={"MinCapacity": 1}
        )
    assert scaling.describe_scheduled_actions(ServiceNamespace="sagemaker")["ScheduledActions"] == []
