"""The Glue Data Catalog of a workload's rows, and the crawler that fills it."""

from __future__ import annotations

from typing import Literal

from aws_cdk import Stack
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from handover.places import ROWS, ROWS_TABLE

from constructs import Construct
from stacks.constructs.data_bucket import DataBucket
from stacks.constructs.glue_security import GlueSecurity
from stacks.constructs.log_access import grant_crawler_logs
from stacks.constructs.permissions import allow, service
from stacks.specs import Workload


class Catalog(Construct):
    """A database with a table of the objects under ``rows/``."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        data: DataBucket,
        workload: Workload,
        rows: Literal["csv", "json"],
        security: GlueSecurity | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.role = iam.Role(self, "CrawlerRole", assumed_by=service(scope, "glue"))
        data.grant_read(self.role, ROWS)
        data.grant_find(self.role)
        grant_crawler_logs(self.role)
        # Spark SQL and Athena queries name the Glue database. People type the name, so it is a physical one.
        self.database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=Stack.of(self).account,
            database_input=glue.CfnDatabase.DatabaseInputProperty(name=workload.name),
        )
        self._name = workload.name
        self._grant_catalog()
        # Rows of categories are all text, so Glue's built-in classifier could not tell their header from a row. JSON
        # needs no classifier of our own: its members have names.
        self.classifiers = [self._under_a_header()] if rows == "csv" else []
        self.crawler = glue.CfnCrawler(
            self,
            "Crawler",
            role=self.role.role_arn,
            database_name=self.database.ref,
            classifiers=[classifier.ref for classifier in self.classifiers] or None,
            crawler_security_configuration=security.for_crawlers if security else None,
            targets=glue.CfnCrawler.TargetsProperty(
                s3_targets=[glue.CfnCrawler.S3TargetProperty(path=f"s3://{data.name}/{ROWS}")]
            ),
            schema_change_policy=glue.CfnCrawler.SchemaChangePolicyProperty(
                update_behavior="UPDATE_IN_DATABASE", delete_behavior="DEPRECATE_IN_DATABASE"
            ),
        )
        if security:
            security.grant_logs(self.role, "/aws-glue/crawlers*")
        # Depending on the role is not enough: a crawler that runs before its permissions exist fails.
        self.crawler.node.add_dependency(self.role.node.find_child("DefaultPolicy"))

    def _under_a_header(self) -> glue.CfnClassifier:
        csv = glue.CfnClassifier.CsvClassifierProperty(delimiter=",", contains_header="PRESENT")
        return glue.CfnClassifier(self, "Classifier", csv_classifier=csv)

    @property
    def crawler_name(self) -> str:
        return self.crawler.ref

    @property
    def database_name(self) -> str:
        return self.database.ref

    def grant_crawl(self, grantee: iam.IGrantable) -> None:
        """Start the crawler and read its state."""
        arn = Stack.of(self).format_arn(service="glue", resource="crawler", resource_name=self.crawler.ref)
        allow(grantee, ["glue:GetCrawler", "glue:StartCrawler"], [arn])

    def grant_look(self, grantee: iam.IGrantable) -> None:
        """Read the definition of the table of rows."""
        allow(grantee, ["glue:GetTable"], self._arns(ROWS_TABLE))

    def grant_read(self, grantee: iam.IGrantable) -> None:
        """Read the table of rows through the catalog. The data bucket grants access to its files."""
        allow(grantee, ["glue:GetDatabase", "glue:GetTable", "glue:GetPartitions"], self._arns(ROWS_TABLE))

    def _arns(self, table: str) -> list[str]:
        """Glue checks actions on a table against its catalog and its database too."""
        names = {"catalog": None, "database": self._name, "table": f"{self._name}/{table}"}
        return [
            Stack.of(self).format_arn(service="glue", resource=kind, resource_name=name) for kind, name in names.items()
        ]

    def _grant_catalog(self) -> None:
        allow(
            self.role,
            [
                *("glue:GetDatabase", "glue:GetTable", "glue:GetTables", "glue:CreateTable", "glue:UpdateTable"),
                *("glue:GetPartitions", "glue:BatchGetPartition", "glue:BatchCreatePartition"),
            ],
            self._arns("*"),
            because="a crawler names its tables after what it finds",
        )
