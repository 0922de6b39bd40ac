"""The resources of a workload's steps: data, features, registry, notifications, keys, code, SageMaker's roles."""

from __future__ import annotations

from aws_cdk import CfnOutput
from handover.names import ENDPOINT_STACKS, Output, StackKind
from handover.places import BATCH, CAPTURE, FEATURES, GATE, INCOMING, MODELS

from constructs import Construct
from stacks.constructs.data_bucket import DataBucket
from stacks.constructs.encryption import CustomerManagedEncryption, Encryption
from stacks.constructs.encryption_key import EncryptionKey
from stacks.constructs.features import features_of
from stacks.constructs.judge_code import JudgeCode
from stacks.constructs.log_access import kept_log
from stacks.constructs.model_registry import ModelRegistry
from stacks.constructs.release_notifications import ReleaseNotifications
from stacks.constructs.report_signature import ReportSignature
from stacks.constructs.sagemaker_role import SageMakerRole
from stacks.settings import Settings
from stacks.specs import Workload

#: People's requests to a model are kept only as long as monitoring the model needs them.
_CAPTURE_DAYS = 90
_BATCH_DAYS = 30


class WorkloadResources(Construct):
    """One of each, for one workload."""

    def __init__(self, scope: Construct, construct_id: str, *, workload: Workload, settings: Settings) -> None:
        super().__init__(scope, construct_id)
        key = EncryptionKey(self, "Encryption", workload=workload, keeps_data=settings.security.customer_managed_key)
        self.encryption = CustomerManagedEncryption(key) if settings.security.customer_managed_key else Encryption()
        self.data = DataBucket(self, "Data", encryption=self.encryption)
        self.data.keep_forever(GATE)
        self.data.tell(Output.DATA_BUCKET)
        self.features = features_of(self, workload=workload, data=self.data)
        self.registry = ModelRegistry(self, "Registry", group_name=workload.dashed_name)
        self.signature = ReportSignature(self, "Signature", workload=workload)
        self.notifications = ReleaseNotifications(
            self, "Notifications", workload=workload, email=settings.notifications.email, key=key
        )
        self.training_role = self._training_role(workload)
        self.serving_roles: dict[StackKind, SageMakerRole] = {
            kind: self._serving_role(kind, workload, settings) for kind in ENDPOINT_STACKS
        }
        self.judges = JudgeCode(self, "Judges", workload=workload, dataset=settings.dataset)
        self.data.expire_after(CAPTURE, days=_CAPTURE_DAYS)
        self.batch_role = self._batch_role(workload, settings)

    def _training_role(self, workload: Workload) -> SageMakerRole:
        images = [image for image in workload.images if image.trains]
        role = SageMakerRole(self, "TrainingRole", log_group="/aws/sagemaker/TrainingJobs", images=images)
        role.allow_metrics()
        self.data.grant_read(
            role, *(f"{FEATURES}*/{channel}/" for channel in workload.channels), *workload.code_prefixes
        )
        self.data.grant_write(role, MODELS)
        self.encryption.grant_training(role)
        return role

    def _batch_role(self, workload: Workload, settings: Settings) -> SageMakerRole | None:
        """The role of transform jobs with approved models, if any may run. It is among the stack's outputs."""
        if settings.batch is None:
            return None
        role = SageMakerRole(self, "BatchRole", log_group="/aws/sagemaker/TransformJobs", images=workload.images)
        self.data.grant_read(role, *workload.artifact_prefixes, approved=True)
        self.data.grant_get(role, BATCH, *([INCOMING] if settings.batch.schedule else []))
        self.data.grant_write(role, BATCH)
        self.data.expire_after(BATCH, days=_BATCH_DAYS)
        CfnOutput(role, "Arn", value=role.role_arn).override_logical_id(Output.BATCH_ROLE)
        return role

    def _serving_role(self, kind: StackKind, workload: Workload, settings: Settings) -> SageMakerRole:
        # Otherwise SageMaker would create the group, and keep its events forever.
        log_group = f"/aws/sagemaker/Endpoints/{workload.endpoint_name(kind)}"
        kept_log(self, f"{kind}Log", name=log_group, encryption=self.encryption)
        images = [image for image in workload.images if image.serves]
        role = SageMakerRole(self, f"{kind}ServingRole", log_group=log_group, images=images)
        if settings.stages.of(kind).capture_percent:
            self.data.grant_write(role, CAPTURE)
        # QA serves models that are not judged yet; PROD serves approved models only.
        self.data.grant_read(role, *workload.artifact_prefixes, approved=kind == "Prod")
        return role
