"""CloudFormation: operations on templates alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from localcloud.cloudformation import template_source
from localcloud.cloudformation.operations import CloudFormationOperations, refuse
from localcloud.cloudformation.parameters import check_definition, given_texts, masked
from localcloud.cloudformation.preparation import READ
from localcloud.cloudformation.serverless import Account
from localcloud.cloudformation.template import NO_VALUES, Template
from localcloud.platform.errors import AwsError
from localcloud.platform.service import Call, Params, operation

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The text of a stack that a change set will create: it has no template yet.
NO_TEMPLATE = "{}"


class Stored(NamedTuple):
    """A template's text, and the texts of its parameters, by which its loops are written out."""

    text: str
    parameters: Mapping[str, str]


class TemplateOperations(CloudFormationOperations):
    @operation("GetTemplate")
    def get_template(self, _: Call, params: Params) -> Params:
        found = self._stored(params)
        body = found.text
        if params.get("TemplateStage") != "Original" and body != NO_TEMPLATE:
            template = self._parsed(body, found.parameters)
            body = json.dumps(template.document) if template.transforms else body
        return {"TemplateBody": body, "StagesAvailable": ["Original", "Processed"]}

    @operation("GetTemplateSummary")
    def get_template_summary(self, call: Call, params: Params) -> Params:
        refuse(params, "StackSetName", "CallAs", "TemplateSummaryConfig")
        named = "StackName" in params
        stack = self.stacks.existing(params["StackName"]) if named and not params.get("ChangeSetName") else None
        if stack is not None and stack["StackStatus"] == "REVIEW_IN_PROGRESS":
            raise AwsError("ValidationError", "GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks.")
        found = self._stored(params) if named else Stored(template_source.text(params, self.cloud, call.caller), {})
        template = self._parsed(found.text, found.parameters)
        return {
            **_summary(template),
            "ResourceTypes": list(template.written_types),
            "Version": template.document.get("AWSTemplateFormatVersion", "2010-09-09"),
        }

    @operation("ValidateTemplate")
    def validate_template(self, call: Call, params: Params) -> Params:
        template = self._parsed(template_source.text(params, self.cloud, call.caller))
        shown = {"ParameterKey", "DefaultValue", "NoEcho", "Description"}
        found = _summary(template)
        found["Parameters"] = [
            {key: value for key, value in each.items() if key in shown} for each in found["Parameters"]
        ]
        return found

    def _parsed(self, text: str, parameters: Mapping[str, str] = NO_VALUES) -> Template:
        return Template.parse(text, parameters, Account.of(self.cloud))

    def _stored(self, params: Params) -> Stored:
        """The template of a stack or of a change set, and the values of its parameters."""
        change_set = params.get("ChangeSetName")
        if change_set:
            for key, each in self.stacks.change_sets.items():
                if change_set in (key, each["ChangeSetName"]) and params.get("StackName") in (
                    None,
                    each["StackId"],
                    each["StackName"],
                ):
                    inputs, before = each["Inputs"], self.stacks.get(each["StackId"]).get("Parameters", {})
                    return Stored(inputs[READ], given_texts(inputs.get("Parameters", []), before))
            raise AwsError("ChangeSetNotFound", f"ChangeSet [{change_set}] does not exist", status=404)
        if "StackName" not in params:
            raise AwsError("ValidationError", "Either StackName or ChangeSetName must be specified.")
        stack = self.stacks.get(params["StackName"])
        return Stored(stack.get("Template", NO_TEMPLATE), stack.get("Parameters", {}))


def _summary(template: Template) -> dict[str, Any]:
    capabilities = template.capabilities
    reason = "The following resource(s) require capabilities: [" + ", ".join(
        sorted({each.type_name for each in template.resources.values() if each.type_name.startswith("AWS::IAM::")})
    )
    return {
        "Parameters": [_parameter(name, each) for name, each in template.section("Parameters").items()],
        "Capabilities": capabilities,
        **({"CapabilitiesReason": f"{reason}]"} if capabilities else {}),
        **({"DeclaredTransforms": list(template.transforms)} if template.transforms else {}),
        **({"Description": template.document["Description"]} if "Description" in template.document else {}),
    }


def _parameter(name: str, definition: dict[str, Any]) -> dict[str, Any]:
    check_definition(name, definition)
    found: dict[str, Any] = {
        "ParameterKey": name,
        "ParameterType": definition.get("Type", "String"),
        "NoEcho": str(definition.get("NoEcho", False)).lower() == "true",
        "ParameterConstraints": {"AllowedValues": [str(value) for value in definition.get("AllowedValues", [])]},
    }
    if "Default" in definition:
        found["DefaultValue"] = masked(definition, str(definition["Default"]))
    if "Description" in definition:
        found["Description"] = definition["Description"]
    return found
