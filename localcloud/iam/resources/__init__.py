"""Where services differ from AWS's reference: one small file each, listed here by signing name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.iam.asks import by_reference
from localcloud.iam.encryption import key_asks
from localcloud.iam.pass_role import passed_roles
from localcloud.iam.resources import (
    apigateway,
    application_autoscaling,
    cloudformation,
    cloudfront,
    cloudwatch,
    codebuild,
    codeconnections,
    codepipeline,
    cognito_idp,
    ecr,
    events,
    execute_api,
    glue,
    iam,
    kms,
    lambda_,
    logs,
    s3,
    sagemaker,
    secretsmanager,
    sns,
    sqs,
    ssm,
    sts,
)
from localcloud.iam.tagging import tag_asks

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.iam.asks import Ask, Place
    from localcloud.wire.api_requests import ApiRequest

_SERVICES: dict[str, Callable[[ApiRequest, Place], list[Ask]]] = {
    "apigateway": apigateway.asks,
    "application-autoscaling": application_autoscaling.asks,
    "cloudformation": cloudformation.asks,
    "cloudfront": cloudfront.asks,
    "monitoring": cloudwatch.asks,
    "codebuild": codebuild.asks,
    "codeconnections": codeconnections.asks,
    "codestar-connections": codeconnections.asks,
    "codepipeline": codepipeline.asks,
    "cognito-idp": cognito_idp.asks,
    "ecr": ecr.asks,
    "events": events.asks,
    "execute-api": execute_api.asks,
    "glue": glue.asks,
    "iam": iam.asks,
    "kms": kms.asks,
    "lambda": lambda_.asks,
    "logs": logs.asks,
    "s3": s3.asks,
    "sagemaker": sagemaker.asks,
    "secretsmanager": secretsmanager.asks,
    "sns": sns.asks,
    "sqs": sqs.asks,
    "ssm": ssm.asks,
    "sts": sts.asks,
}


def asks_of(request: ApiRequest, place: Place) -> list[Ask]:
    """All that a request needs allowed, in AWS's order: the action itself, tags, roles, encryption keys."""
    own = _SERVICES.get(request.service, by_reference)(request, place)
    return [*own, *tag_asks(request, own), *passed_roles(request, place), *key_asks(request, place, own)]
