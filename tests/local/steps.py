"""The steps of car_evaluation, run against a local cloud with just the resources that they need."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handover.data import DATA_FILE, Data
from handover.places import ROWS, glue_script_key
from tests.waiting import DEADLINE_SECONDS

if TYPE_CHECKING:
    from tests.clouds import LocalCloud

PROJECT = Path(__file__).parents[2]
SCRIPT_KEY = glue_script_key("car_evaluation")


@dataclass(frozen=True)
class Steps:
    """Runs steps as builds do: as programs, in a folder of their own, told everything by variables."""

    cloud: LocalCloud
    folder: Path
    bucket: str

    @property
    def database(self) -> str:
        return self.bucket

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def run(self, module: str, *, python: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
        self.folder.mkdir(parents=True, exist_ok=True)
        environment = {
            **os.environ,
            **{name.upper(): value for name, value in self.cloud.administrator.items()},
            "AWS_ENDPOINT_URL": self.cloud.endpoint_url,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "PYTHONPATH": str(PROJECT),
            "WORKLOAD": "car_evaluation",
            "DATA_BUCKET": self.bucket,
            "INVOCATION": "csv-row",
            "TRAINING_ROWS": "ranks",
            "COMMIT_ID": "0123abc",
            "PIPELINE_EXECUTION_ID": "execution-1",
            "CODEBUILD_SRC_DIR_DataOutput": str(self.out),
            "CODEBUILD_SRC_DIR_SourceOutput": str(PROJECT),
            **variables,
        }
        return subprocess.run(
            [python or sys.executable, "-m", module],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE_SECONDS,
        )

    def prepare(self, *, job: str) -> subprocess.CompletedProcess[str]:
        return self.run(
            "ml_init.prepare",
            GLUE_JOB_NAME=job,
            GLUE_DATABASE=self.database,
            GLUE_CRAWLER=f"{self.bucket}-rows",
            GLUE_SCRIPT_KEY=SCRIPT_KEY,
        )

    def data(self) -> Data:
        """What the data step handed on."""
        return Data.parse((self.out / DATA_FILE).read_text())

    def create_resources(self) -> None:
        """Bucket, role, database, classifier, crawler, and the job ``<bucket>-transform``."""
        s3, glue, role = self.cloud.client("s3"), self.cloud.client("glue"), self.role("glue.amazonaws.com")
        s3.create_bucket(Bucket=self.bucket)
        s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        glue.create_database(DatabaseInput={"Name": self.database})
        glue.create_classifier(
            CsvClassifier={"Name": f"{self.bucket}-rows", "Delimiter": ",", "ContainsHeader": "PRESENT"}
        )
        glue.create_crawler(
            Name=f"{self.bucket}-rows",
            Role=role,
            DatabaseName=self.database,
            Classifiers=[f"{self.bucket}-rows"],
            Targets={"S3Targets": [{"Path": f"s3://{self.bucket}/{ROWS}"}]},
        )
        self.create_job(f"{self.bucket}-transform", SCRIPT_KEY)

    def create_job(self, name: str, script_key: str, *, role: str | None = None) -> None:
        self.cloud.client("glue").create_job(
            Name=name,
            Role=role or f"arn:aws:iam::123456789012:role/{self.bucket}-glue",
            Command={"Name": "glueetl", "ScriptLocation": f"s3://{self.bucket}/{script_key}", "PythonVersion": "3"},
            GlueVersion="5.1",
            WorkerType="G.1X",
            NumberOfWorkers=2,
            DefaultArguments={"--additional-python-modules": "mleap==0.25.3"},
        )

    def role(self, service: str, *, name: str | None = None) -> str:
        """A role of the service that may do everything with data, logs, metrics, images and the catalog; its ARN."""
        iam, name = self.cloud.client("iam"), name or f"{self.bucket}-{service.partition('.')[0]}"
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        grant = {"Effect": "Allow", "Action": ["s3:*", "logs:*", "glue:*", "ecr:*", "cloudwatch:*"], "Resource": "*"}
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trust))
        iam.put_role_policy(RoleName=name, PolicyName="data", PolicyDocument=_policy(grant))
        return f"arn:aws:iam::123456789012:role/{name}"


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
