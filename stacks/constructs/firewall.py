"""AWS's web application firewall, for users who want to pay for it."""

from __future__ import annotations

from aws_cdk import aws_wafv2 as waf

from constructs import Construct

#: In five minutes, from one address.
_MOST_REQUESTS = 3000
_GROUPS = ("AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet")


def firewall_arn(scope: Construct, construct_id: str) -> str:
    """A web ACL with two of AWS's rule groups, and a limit for each address. Rules see the first 8 KB of a body."""
    of = waf.CfnWebACL
    limit = of.RuleProperty(
        name="Limit",
        priority=0,
        statement=of.StatementProperty(
            rate_based_statement=of.RateBasedStatementProperty(limit=_MOST_REQUESTS, aggregate_key_type="IP")
        ),
        action=of.RuleActionProperty(block={}),
        visibility_config=_seen("Limit"),
    )
    groups = [
        of.RuleProperty(
            name=name,
            priority=priority,
            statement=of.StatementProperty(
                managed_rule_group_statement=of.ManagedRuleGroupStatementProperty(vendor_name="AWS", name=name)
            ),
            override_action=of.OverrideActionProperty(none={}),
            visibility_config=_seen(name),
        )
        for priority, name in enumerate(_GROUPS, start=1)
    ]
    return of(
        scope,
        construct_id,
        scope="REGIONAL",
        default_action=of.DefaultActionProperty(allow={}),
        rules=[limit, *groups],
        visibility_config=_seen(construct_id),
    ).attr_arn


def _seen(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    return waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, sampled_requests_enabled=False, metric_name=name
    )
