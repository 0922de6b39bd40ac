"""What a release adds to the API that a person has deployed: its methods, and their stage."""

from __future__ import annotations

from aws_cdk import aws_wafv2 as waf
from handover.door import Door
from handover.door_schema import request_schema
from handover.names import Parameter

from constructs import Construct
from stacks.api_parameters import DeployedApi, parameter
from stacks.api_routes import routes
from stacks.api_settings import Api
from stacks.body_shape import shape_of
from stacks.constructs.api_methods import ApiMethods
from stacks.constructs.api_stage import ApiStage
from stacks.constructs.predict_function import PredictFunction
from stacks.constructs.usage_plans import attach_usage_plans

#: What API Gateway says of a body: which member is missing or too many.
_WHICH = '{"message": $context.error.messageString, "detail": "$context.error.validationErrorString"}'


class ReleaseApi(Construct):
    """The routes of the settings' callers, validated by the data set's facts."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Api,
        facts: Door,
        function: PredictFunction,
        deployed: DeployedApi,
    ) -> None:
        super().__init__(scope, construct_id)
        model = shape_of(request_schema(facts))
        methods = ApiMethods(self, "Methods", deployed=deployed, function_arn=function.alias_arn, model=model)
        methods.add(routes(settings))
        for response_type in ("DEFAULT_4XX", "DEFAULT_5XX"):
            methods.answer(response_type)
        methods.answer("BAD_REQUEST_BODY", response_templates={"application/json": _WHICH})
        stage = ApiStage(self, "Live", deployed=deployed, methods=methods, settings=settings)
        function.allow_calls(deployed.api_id)
        attach_usage_plans(scope, api_id=deployed.api_id, stage=stage.stage, settings=settings)
        if settings.waf:
            acl = parameter(scope, Parameter.WEB_ACL)
            waf.CfnWebACLAssociation(self, "Firewall", resource_arn=stage.arn, web_acl_arn=acl)
