"""Makes a plan from a call's parameters, for CreateStack, UpdateStack and CreateChangeSet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.cloudformation import authority, parameters, plan, rules, template_source
from localcloud.cloudformation.evaluation import Evaluation, no_export
from localcloud.cloudformation.imports import Imports
from localcloud.cloudformation.outputs import outputs
from localcloud.cloudformation.serverless import Account
from localcloud.cloudformation.template import Template
from localcloud.cloudformation.values import Unknown, shown
from localcloud.platform.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localcloud.cloudformation.plan import Plan
    from localcloud.cloudformation.stacks import Stack, Stacks
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.service import Caller, Params


#: The key under which a change set keeps the text that it was made from. No call has a parameter of this name.
READ = "ReadTemplate"


@dataclass(frozen=True, kw_only=True, slots=True)
class Preparation:
    """All that an operation will do. Nothing has happened yet."""

    evaluation: Evaluation
    plan: Plan
    make_client: Callable[[str], Any]
    fields: dict[str, Any]
    """What the stack's document gets when the operation starts."""


def prepare(cloud: Cloud, stacks: Stacks, stack: Stack, params: Params, caller: Caller) -> Preparation:
    """``stack``: its present document; a new one has no template. Raises AwsError where the call is impossible.

    A missing export makes no call impossible: as on AWS, the operation begins, and fails (:meth:`Deployment.create`).
    """
    role_arn = params.get("RoleARN") or stack.get("RoleARN")
    make_client = authority.client_maker(cloud.clients, role_arn, caller.access_key_id)
    texts = parameters.given_texts(params.get("Parameters", []), stack["Parameters"])
    template = Template.parse(_template_text(params, stack, cloud, caller), texts, Account.of(cloud))
    _check_capabilities(template, params)
    given = parameters.evaluate(
        template, params.get("Parameters", []), stack["Parameters"], lambda name: _ssm_value(make_client, name)
    )
    imports: set[str] = set()
    tags = _tags(params["Tags"]) if "Tags" in params else stack["Tags"]
    evaluation = Evaluation(
        template=template,
        parameters=given.values,
        pseudo=_pseudo(cloud, stack, params.get("NotificationARNs", [])),
        resources=_NoResources(),
        imported=lambda name: _imported(stacks, imports, evaluation, name),
    )
    rules.check(evaluation)
    stack_id = stack["StackId"]
    decided = plan.make(
        evaluation,
        stacks.deployed(stack_id),
        tags=tags,
        failed=stacks.failed(stack_id),
        imported=Imports(stacks, make_client).physical_id if params.get("ImportExistingResources") else None,
    )
    planned_outputs = shown(outputs(evaluation))
    return Preparation(
        evaluation=evaluation,
        plan=plan.Plan(
            steps=decided.steps, outputs_changed=planned_outputs != stack["Outputs"] or tags != stack["Tags"]
        ),
        make_client=make_client,
        fields={
            "Template": template.text,
            "Description": template.document.get("Description"),
            "Parameters": dict(given.texts),
            "DescribedParameters": given.described,
            "Tags": tags,
            "Capabilities": params.get("Capabilities", []),
            "Imports": sorted(imports),
            "CallerKey": caller.access_key_id,
            **({"RoleARN": role_arn} if role_arn else {}),
            **({"NotificationARNs": params["NotificationARNs"]} if "NotificationARNs" in params else {}),
        },
    )


class _NoResources:
    """For parameters, conditions and rules, which are resolved before any resource."""

    def ref(self, logical_id: str) -> Any:
        raise AwsError("ValidationError", f"Template format error: {logical_id} is not known here")

    def attribute(self, logical_id: str, name: str) -> Any:
        raise AwsError("ValidationError", f"Template format error: {logical_id}.{name} is not known here")


def _template_text(params: Params, stack: Stack, cloud: Cloud, caller: Caller) -> str:
    if READ in params:
        return str(params[READ])
    if params.get("UsePreviousTemplate"):
        if "Template" not in stack:
            raise AwsError("ValidationError", f"Stack [{stack['StackName']}] does not have a previous template")
        text: str = stack["Template"]
        return text
    return template_source.text(params, cloud, caller)


def _check_capabilities(template: Template, params: Params) -> None:
    """A change set shows what a transform makes, so that nobody has to acknowledge it unseen."""
    stronger = {"CAPABILITY_IAM": {"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"}}
    needed = [*template.capabilities, *(["CAPABILITY_AUTO_EXPAND"] if template.transforms else [])]
    by_change_set = "ChangeSetName" in params or READ in params
    given = {*params.get("Capabilities", []), *(["CAPABILITY_AUTO_EXPAND"] if by_change_set else [])}
    lacking = [each for each in needed if not stronger.get(each, {each}) & given]
    if lacking:
        raise AwsError("InsufficientCapabilitiesException", f"Requires capabilities : [{', '.join(lacking)}]")


def _ssm_value(make_client: Callable[[str], Any], name: str) -> str:
    from botocore.exceptions import ClientError

    try:
        value: str = make_client("ssm").get_parameter(Name=name)["Parameter"]["Value"]
        return value
    except ClientError as error:
        raise AwsError(
            "ValidationError",
            f"Unable to fetch parameters [{name}] from parameter store for this account. "
            f"({error.response['Error']['Code']})",
        ) from error


def _tags(given: list[dict[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in given}


def _imported(stacks: Stacks, imports: set[str], evaluation: Evaluation, name: str) -> Any:
    found = stacks.exports().get(name)
    if found is not None:
        imports.add(name)
        return found["Value"]
    if evaluation.missing_exports is None:
        raise AwsError("ValidationError", no_export(name))
    evaluation.missing_exports.append(name)
    return Unknown(name)


def _pseudo(cloud: Cloud, stack: Stack, notifications: list[str]) -> Mapping[str, Any]:
    return {
        "AWS::AccountId": cloud.settings.account_id,
        "AWS::NotificationARNs": notifications,
        "AWS::Partition": "aws",
        "AWS::Region": cloud.settings.region,
        "AWS::StackId": stack["StackId"],
        "AWS::StackName": stack["StackName"],
        "AWS::URLSuffix": "amazonaws.com",
    }
