"""How a workload with Glue makes its features: a catalog and a crawler for its rows, and the Spark job."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from handover.places import CODE, FEATURES, RAW, ROWS, glue_script_key

from constructs import Construct
from stacks.constructs.catalog import Catalog
from stacks.constructs.data_bucket import DataBucket
from stacks.constructs.glue_security import GlueSecurity
from stacks.constructs.transform_job import TransformJob
from stacks.specs import Glue, Workload


class SparkFeatures:
    """A catalog and a job in one scope, and what a data step must know and may do to use them."""

    def __init__(self, scope: Construct, *, data: DataBucket, workload: Workload, glue: Glue) -> None:
        security = (
            GlueSecurity(scope, "Security", workload=workload, encryption=data.encryption)
            if data.encryption.key
            else None
        )
        self.places = (CODE, ROWS, RAW)
        self.catalog = Catalog(scope, "Catalog", data=data, workload=workload, rows=glue.rows, security=security)
        self.job = TransformJob(scope, "Transform", data=data, workload=workload, spec=glue, security=security)
        self.catalog.grant_read(self.job.role)
        self.glue_job = self.job.name
        self.glue_crawler = self.catalog.crawler_name
        self.glue_database = self.catalog.database_name
        self.glue_script_key = glue_script_key(workload.name)
        self._data = data

    def grant_make(self, grantee: iam.IGrantable) -> None:
        """Crawl, read the definition of the crawler's table, put the job's script in its place, and run the job."""
        self._data.grant_put(grantee, self.glue_script_key)
        self._data.grant_read(grantee, FEATURES)
        self.catalog.grant_crawl(grantee)
        self.catalog.grant_look(grantee)
        self.job.grant_run(grantee)
