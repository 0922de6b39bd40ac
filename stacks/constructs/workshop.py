"""What a workload's steps work with: data, Spark if wanted, registry, notifications, signing key, SageMaker's roles."""

from __future__ import annotations

from constructs import Construct

from handover.names import ENDPOINT_STACKS, Output, StackKind
from handover.places import CAPTURE, FEATURES, MODELS
from stacks.constructs.data_bucket import DataBucket
from stacks.constructs.encryption_key import EncryptionKey
from stacks.constructs.log_access import kept_log
from stacks.constructs.model_registry import ModelRegistry
from stacks.constructs.release_notifications import ReleaseNotifications
from stacks.constructs.report_signature import ReportSignature
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
        customer_managed = settings.security.customer_managed_key
        self.key = EncryptionKey(self, "Encryption", workload=workload, keeps_data=customer_managed)
        self.encryption = self.key if customer_managed else None
        if self.encryption:
            self.encryption.admit_logs()
        self.data = DataBucket(self, "Data", encryption=self.encryption)
        self.data.tell(Output.DATA_BUCKET)
        self.spark = (
            SparkFeatures(self, data=self.data, workload=workload, glue=workload.glue) if workload.glue else None
        )
        self.registry = ModelRegistry(self, "Registry", group_name=workload.dashed_name)
        self.signature = ReportSignature(self, "Signature", workload=workload)
        self.notifications = ReleaseNotifications(
            self, "Notifications", workload=workload, email=settings.notifications.email, key=self.key
        )
        self.training_role = SageMakerRole(self, "TrainingRole", log_group="/aws/sagemaker/TrainingJobs")
        self.training_role.allow_metrics()
        self.data.grant_read(self.training_role, FEATURES, MODELS)
        self.data.grant_write(self.training_role, MODELS)
        if self.encryption:
            self.encryption.grant_training(self.training_role)
        self.serving_roles: dict[StackKind, SageMakerRole] = {
            kind: self._serving_role(kind, workload, settings) for kind in ENDPOINT_STACKS
        }
        # QA serves what is to be judged; PROD what was approved, and nothing else.
        self.data.grant_read(self.serving_roles["Qa"], *workload.artifact_prefixes)
        self.data.grant_read(self.serving_roles["Prod"], *workload.artifact_prefixes, approved=True)
        self.data.expire_after(CAPTURE, days=_CAPTURE_DAYS)

    def _serving_role(self, kind: StackKind, workload: Workload, settings: Settings) -> SageMakerRole:
        # SageMaker would make the group, and keep what is in it forever.
        log_group = f"/aws/sagemaker/Endpoints/{workload.endpoint_name(kind)}"
        kept_log(self, f"{kind}Log", name=log_group, encryption=self.encryption)
        role = SageMakerRole(self, f"{kind}ServingRole", log_group=log_group)
        stage = settings.stages.qa if kind == "Qa" else settings.stages.prod
        if stage.capture_percent:
            self.data.grant_write(role, CAPTURE)
        return role
