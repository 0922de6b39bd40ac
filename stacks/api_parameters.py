"""The parameters of a door's stack: what a person has deployed, and the pipeline hands on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from aws_cdk import CfnParameter
from handover.names import Parameter

from constructs import Construct
from stacks.api_settings import Api

_DESCRIPTIONS = {
    Parameter.PACKAGE: "The model package that PROD serves",
    Parameter.CHAMPION: "The package beside which that one competes, or none",
    Parameter.REST_API: "The API, which a person deploys",
    Parameter.ROOT_RESOURCE: "The API's own path",
    Parameter.FUNCTION_ROLE: "What the function may do",
    Parameter.ACCESS_LOG: "Where requests are logged, without bodies",
    Parameter.AUTHORIZER: "Which people may call",
    Parameter.PAGE_ORIGIN: "The only page that may call with a person's token",
    Parameter.PAGE_PUBLISHER: "The function that puts the page in its place",
    Parameter.DATA_BUCKET: "Where words and titles for answers are",
    Parameter.WEB_ACL: "The firewall before the API",
}


def parameter(scope: Construct, which: Parameter) -> str:
    """Declares the parameter, whose value the pipeline gives."""
    return CfnParameter(scope, which, description=_DESCRIPTIONS[which]).value_as_string


@dataclass(frozen=True, kw_only=True, slots=True)
class DeployedApi:
    """The API as a person has deployed it. Without people, there is neither authorizer nor page."""

    api_id: str
    root_id: str
    access_log_arn: str
    authorizer_id: str | None
    page_origin: str | None

    @classmethod
    def declared(cls, scope: Construct, settings: Api) -> Self:
        people = "people" in settings.callers
        return cls(
            api_id=parameter(scope, Parameter.REST_API),
            root_id=parameter(scope, Parameter.ROOT_RESOURCE),
            access_log_arn=parameter(scope, Parameter.ACCESS_LOG),
            authorizer_id=parameter(scope, Parameter.AUTHORIZER) if people else None,
            page_origin=parameter(scope, Parameter.PAGE_ORIGIN) if people else None,
        )
