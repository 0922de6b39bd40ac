"""Lists every group of operations that is ours. Other operations are moto's, or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localcloud.platform.service import Operations


def operation_groups() -> tuple[type[Operations], ...]:
    from localcloud.cloudformation.api import CloudFormation
    from localcloud.services.apigateway.service import ApiGateway
    from localcloud.services.application_autoscaling.service import ApplicationAutoScaling
    from localcloud.services.cloudfront.service import CloudFront
    from localcloud.services.cloudwatch.service import CloudWatch
    from localcloud.services.codebuild.builds import Builds
    from localcloud.services.codebuild.projects import Projects
    from localcloud.services.codeconnections.service import CodeConnections, CodeStarConnections
    from localcloud.services.codepipeline.service import CodePipeline
    from localcloud.services.cognito_idp.service import Cognito
    from localcloud.services.events.service import Events
    from localcloud.services.github.service import GitHub
    from localcloud.services.glue.catalog import Catalog
    from localcloud.services.glue.classifiers import Classifiers
    from localcloud.services.glue.crawlers import Crawlers
    from localcloud.services.glue.job_runs import JobRuns
    from localcloud.services.glue.jobs import Jobs
    from localcloud.services.glue.partitions import Partitions
    from localcloud.services.glue.security_configurations import SecurityConfigurations
    from localcloud.services.glue.tags import Tags
    from localcloud.services.lambda_.service import Lambda
    from localcloud.services.sagemaker.endpoint_configs import EndpointConfigs
    from localcloud.services.sagemaker.endpoints import Endpoints
    from localcloud.services.sagemaker.model_packages import ModelPackageGroups, ModelPackages
    from localcloud.services.sagemaker.models import Models
    from localcloud.services.sagemaker.tags import Tags as SageMakerTags
    from localcloud.services.sagemaker.transform_jobs import TransformJobs
    from localcloud.services.sagemaker.tuning_jobs import TrainingAndTuning

    return (
        # First, so that it hears the events of the others when they start. Groups stop in the reverse order.
        Events,
        CloudFormation,
        CloudFront,
        # Before CloudWatch, whose alarms it hears from the first one on.
        ApplicationAutoScaling,
        CloudWatch,
        ApiGateway,
        Projects,
        Builds,
        CodeConnections,
        CodeStarConnections,
        CodePipeline,
        Cognito,
        GitHub,
        Catalog,
        Classifiers,
        Crawlers,
        Jobs,
        JobRuns,
        Partitions,
        SecurityConfigurations,
        Tags,
        Lambda,
        TrainingAndTuning,
        ModelPackageGroups,
        ModelPackages,
        Models,
        TransformJobs,
        EndpointConfigs,
        Endpoints,
        SageMakerTags,
    )
