"""Lists every resource type that the local cloud can deploy. A template with another type is refused."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localcloud.resources.resource import Resource

#: Types that users name themselves begin like this.
CUSTOM = "Custom::"


def provider(type_name: str) -> Resource | None:
    """The object for a type in a template; None where there is none. All types ``Custom::…`` are custom resources."""
    if type_name.startswith(CUSTOM):
        from localcloud.resources.aws_cloudformation_customresource import CustomResource

        return CustomResource(type_name)
    return resource_types().get(type_name)


@functools.cache
def resource_types() -> dict[str, Resource]:  # noqa: PLR0915  (one line for each type)
    """Type name → the object that makes, changes and deletes resources of that type."""
    from localcloud.resources.aws_apigateway_account import GatewayAccount
    from localcloud.resources.aws_apigateway_apikey import ApiKey
    from localcloud.resources.aws_apigateway_authorizer import Authorizer
    from localcloud.resources.aws_apigateway_deployment import Deployment
    from localcloud.resources.aws_apigateway_gatewayresponse import GatewayResponse
    from localcloud.resources.aws_apigateway_method import Method
    from localcloud.resources.aws_apigateway_model import BodyModel
    from localcloud.resources.aws_apigateway_requestvalidator import RequestValidator
    from localcloud.resources.aws_apigateway_resource import PathResource
    from localcloud.resources.aws_apigateway_restapi import RestApi
    from localcloud.resources.aws_apigateway_stage import Stage
    from localcloud.resources.aws_apigateway_usageplan import UsagePlan
    from localcloud.resources.aws_apigateway_usageplankey import UsagePlanKey
    from localcloud.resources.aws_applicationautoscaling_scalabletarget import ScalableTarget
    from localcloud.resources.aws_applicationautoscaling_scalingpolicy import ScalingPolicy
    from localcloud.resources.aws_cdk_metadata import Metadata
    from localcloud.resources.aws_cloudformation_customresource import CustomResource
    from localcloud.resources.aws_cloudformation_stack import NestedStack
    from localcloud.resources.aws_cloudformation_waitconditionhandle import WaitConditionHandle
    from localcloud.resources.aws_cloudfront_cachepolicy import CachePolicy
    from localcloud.resources.aws_cloudfront_distribution import Distribution
    from localcloud.resources.aws_cloudfront_originaccesscontrol import OriginAccessControl
    from localcloud.resources.aws_cloudfront_responseheaderspolicy import ResponseHeadersPolicy
    from localcloud.resources.aws_cloudwatch_alarm import Alarm
    from localcloud.resources.aws_cloudwatch_compositealarm import CompositeAlarm
    from localcloud.resources.aws_cloudwatch_dashboard import Dashboard
    from localcloud.resources.aws_codebuild_project import Project
    from localcloud.resources.aws_codeconnections_connection import Connection
    from localcloud.resources.aws_codepipeline_pipeline import Pipeline
    from localcloud.resources.aws_codepipeline_webhook import Webhook
    from localcloud.resources.aws_codestarconnections_connection import FormerConnection
    from localcloud.resources.aws_cognito_userpool import UserPool
    from localcloud.resources.aws_cognito_userpoolclient import UserPoolClient
    from localcloud.resources.aws_cognito_userpooldomain import UserPoolDomain
    from localcloud.resources.aws_cognito_userpoolgroup import UserPoolGroup
    from localcloud.resources.aws_cognito_userpooluser import UserPoolUser
    from localcloud.resources.aws_ecr_repository import Repository
    from localcloud.resources.aws_events_eventbus import EventBus
    from localcloud.resources.aws_events_eventbuspolicy import EventBusPolicy
    from localcloud.resources.aws_events_rule import Rule
    from localcloud.resources.aws_glue_classifier import Classifier
    from localcloud.resources.aws_glue_crawler import Crawler
    from localcloud.resources.aws_glue_database import Database
    from localcloud.resources.aws_glue_job import Job
    from localcloud.resources.aws_glue_securityconfiguration import SecurityConfiguration
    from localcloud.resources.aws_glue_table import Table
    from localcloud.resources.aws_iam_managedpolicy import ManagedPolicy
    from localcloud.resources.aws_iam_oidcprovider import OidcProvider
    from localcloud.resources.aws_iam_policy import Policy
    from localcloud.resources.aws_iam_role import Role
    from localcloud.resources.aws_kms_alias import Alias
    from localcloud.resources.aws_kms_key import Key
    from localcloud.resources.aws_lambda_alias import Alias as FunctionAlias
    from localcloud.resources.aws_lambda_eventinvokeconfig import EventInvokeConfig
    from localcloud.resources.aws_lambda_function import Function
    from localcloud.resources.aws_lambda_layerversion import LayerVersion
    from localcloud.resources.aws_lambda_layerversionpermission import LayerVersionPermission
    from localcloud.resources.aws_lambda_permission import Permission
    from localcloud.resources.aws_lambda_url import Url
    from localcloud.resources.aws_lambda_version import Version
    from localcloud.resources.aws_logs_loggroup import LogGroup
    from localcloud.resources.aws_s3_bucket import Bucket
    from localcloud.resources.aws_s3_bucketpolicy import BucketPolicy
    from localcloud.resources.aws_sagemaker_endpoint import Endpoint
    from localcloud.resources.aws_sagemaker_endpointconfig import EndpointConfig
    from localcloud.resources.aws_sagemaker_model import Model
    from localcloud.resources.aws_sagemaker_modelpackagegroup import ModelPackageGroup
    from localcloud.resources.aws_secretsmanager_resourcepolicy import ResourcePolicy
    from localcloud.resources.aws_secretsmanager_secret import Secret
    from localcloud.resources.aws_sns_subscription import Subscription
    from localcloud.resources.aws_sns_topic import Topic
    from localcloud.resources.aws_sns_topicpolicy import TopicPolicy
    from localcloud.resources.aws_sqs_queue import Queue
    from localcloud.resources.aws_sqs_queuepolicy import QueuePolicy
    from localcloud.resources.aws_ssm_parameter import Parameter

    types: tuple[type[Resource], ...] = (
        GatewayAccount,
        ApiKey,
        Authorizer,
        Deployment,
        GatewayResponse,
        Method,
        BodyModel,
        RequestValidator,
        PathResource,
        RestApi,
        Stage,
        UsagePlan,
        UsagePlanKey,
        ScalableTarget,
        ScalingPolicy,
        Metadata,
        CustomResource,
        NestedStack,
        WaitConditionHandle,
        CachePolicy,
        Distribution,
        OriginAccessControl,
        ResponseHeadersPolicy,
        Alarm,
        CompositeAlarm,
        Dashboard,
        Project,
        Connection,
        FormerConnection,
        Pipeline,
        Webhook,
        UserPool,
        UserPoolClient,
        UserPoolDomain,
        UserPoolGroup,
        UserPoolUser,
        Repository,
        EventBus,
        EventBusPolicy,
        Rule,
        Classifier,
        Crawler,
        Database,
        Job,
        SecurityConfiguration,
        Table,
        ManagedPolicy,
        OidcProvider,
        Policy,
        Role,
        Alias,
        Key,
        FunctionAlias,
        EventInvokeConfig,
        Function,
        LayerVersion,
        LayerVersionPermission,
        Permission,
        Url,
        Version,
        LogGroup,
        Bucket,
        BucketPolicy,
        Endpoint,
        EndpointConfig,
        Model,
        ModelPackageGroup,
        ResourcePolicy,
        Secret,
        Subscription,
        Topic,
        TopicPolicy,
        Queue,
        QueuePolicy,
        Parameter,
    )
    return {each.type_name: each() for each in types}
