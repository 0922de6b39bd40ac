"""The Glue job that makes features from rows."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from handover.places import CODE, FEATURES, ROWS, glue_script_key

from constructs import Construct
from stacks.constructs.data_bucket import DataBucket
from stacks.constructs.glue_security import GlueSecurity
from stacks.constructs.log_access import grant_write_logs, kept_log
from stacks.constructs.permissions import allow, service
from stacks.specs import Glue, Workload


class TransformJob(Construct):
    """Spark on Glue, with the script that the data step has put into the data bucket."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        data: DataBucket,
        workload: Workload,
        spec: Glue,
        security: GlueSecurity | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.role = iam.Role(self, "Role", assumed_by=service(scope, "glue"))
        data.grant_read(self.role, CODE, ROWS, FEATURES)
        data.grant_write(self.role, FEATURES)
        data.grant_replace(self.role, FEATURES)
        data.grant_find(self.role)
        data.grant_probe(self.role, FEATURES)
        # Glue's default log groups are shared by the whole account. These belong to this workload, and expire.
        log_prefix = f"/aws-glue/jobs/{workload.name}"
        for kind in ("output", "error"):
            kept_log(self, f"Log{kind.capitalize()}", name=f"{log_prefix}/{kind}", encryption=data.encryption)
            grant_write_logs(self.role, f"{log_prefix}/{kind}")
        self.job = glue.CfnJob(
            self,
            "Job",
            role=self.role.role_arn,
            security_configuration=security.for_jobs if security else None,
            glue_version=spec.glue_version,
            worker_type=spec.worker_type,
            number_of_workers=spec.workers,
            timeout=spec.timeout_minutes,
            max_retries=0,
            execution_property=glue.CfnJob.ExecutionPropertyProperty(max_concurrent_runs=1),
            command=glue.CfnJob.JobCommandProperty(
                name="glueetl", python_version="3", script_location=f"s3://{data.name}/{glue_script_key(workload.name)}"
            ),
            default_arguments={
                "--job-language": "python",
                "--enable-continuous-cloudwatch-log": "true",
                "--custom-logGroup-prefix": log_prefix,
                "--additional-python-modules": ",".join(spec.python_modules),
            },
        )
        # Depending on the role is not enough: a job that runs before its permissions exist fails.
        self.job.node.add_dependency(self.role.node.find_child("DefaultPolicy"))

    @property
    def name(self) -> str:
        return self.job.ref

    def grant_run(self, grantee: iam.IGrantable) -> None:
        """Start runs, read their state, stop them."""
        arn = Stack.of(self).format_arn(service="glue", resource="job", resource_name=self.job.ref)
        allow(grantee, ["glue:BatchStopJobRun", "glue:GetJobRun", "glue:StartJobRun"], [arn])
