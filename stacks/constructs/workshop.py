"""What a workload's steps work with: data, Spark if wanted, registry, notifications, roles to hand to SageMaker."""

from __future__ import annotations

from constructs import Construct

from stacks.constructs.data_bucket import DataBucket
from stacks.constructs.data_capture import CAPTURE_PREFIX
from stacks.constructs.model_registry import ModelRegistry
from stacks.constructs.release_notifications import ReleaseNotifications
from stacks.constructs.sagemaker_role import SageMakerRole
from stacks.constructs.spark_features import SparkFeatures
from stacks.settings import Settings
from stacks.specs import Workload

#: What people asked a model is not kept for longer than it takes to watch over the model.
_CAPTURE_DAYS = 90


class Workshop(Construct):
    """One of each, for one workload."""

    def __init__(self, scope: Construct, construct_id: str, *, workload: Workload, settings: Settings) -> None:
        super().__init__(scope, construct_id)
        self.data = DataBucket(self, "Data")
        self.spark = (
            SparkFeatures(self, data=self.data, workload=workload, glue=workload.glue) if workload.glue else None
        )
        self.registry = ModelRegistry(self, "Registry", group_name=workload.dashed_name)
        self.notifications = ReleaseNotifications(
            self, "Notifications", workload=workload, email=settings.notifications.email
        )
        self.training_role = SageMakerRole(self, "TrainingRole", log_group="/aws/sagemaker/TrainingJobs")
        self.data.grant_read(self.training_role, "features/", "models/")
        self.data.grant_write(self.training_role, "models/")
        self.serving_role = SageMakerRole(
            self, "ServingRole", log_group=f"/aws/sagemaker/Endpoints/{workload.dashed_name}-*"
        )
        self.data.grant_read(self.serving_role, "features/", "models/")
        self.data.grant_write(self.serving_role, CAPTURE_PREFIX)
        self.data.expire_after(CAPTURE_PREFIX, days=_CAPTURE_DAYS)
