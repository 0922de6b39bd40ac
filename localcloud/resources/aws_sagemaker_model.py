"""AWS::SageMaker::Model."""

from __future__ import annotations

from localcloud.resources.sagemaker_immutable import Immutable


class Model(Immutable):
    """Ref is the model's ARN."""

    type_name = "AWS::SageMaker::Model"
    kind = "Model"
