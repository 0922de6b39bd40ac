"""What each partner may ask for."""

from __future__ import annotations

from aws_cdk import CfnParameter, Fn
from aws_cdk import aws_apigateway as apigateway
from handover.names import Parameter

from constructs import Construct
from stacks.api_settings import Api


def attach_usage_plans(scope: Construct, *, api_id: str, stage: apigateway.CfnStage, settings: Api) -> None:
    """A plan for each partner's key. A person deploys the keys: the stack gets their ids, in their names' order."""
    if not settings.partners:
        return
    keys = CfnParameter(scope, Parameter.PARTNER_KEYS, type="CommaDelimitedList", description="The partners' API keys")
    plans = Construct(scope, "Plans")
    of = apigateway.CfnUsagePlan
    for place, (name, partner) in enumerate(sorted(settings.partners.items())):
        plan = apigateway.CfnUsagePlan(
            plans,
            name,
            usage_plan_name=f"{scope.node.id}-{name}",
            api_stages=[of.ApiStageProperty(api_id=api_id, stage=stage.ref)],
            throttle=of.ThrottleSettingsProperty(
                rate_limit=partner.requests_per_second, burst_limit=partner.burst_requests
            ),
            quota=of.QuotaSettingsProperty(limit=partner.requests_per_day, period="DAY"),
        )
        apigateway.CfnUsagePlanKey(
            plans,
            f"{name}-key",
            key_id=Fn.select(place, keys.value_as_list),
            key_type="API_KEY",
            usage_plan_id=plan.ref,
        )
