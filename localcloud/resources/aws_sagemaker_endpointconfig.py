"""AWS::SageMaker::EndpointConfig."""

from __future__ import annotations

from localcloud.resources.sagemaker_immutable import Immutable


class EndpointConfig(Immutable):
    """Ref is the configuration's ARN."""

    type_name = "AWS::SageMaker::EndpointConfig"
    kind = "EndpointConfig"
