"""Source / AWS / S3 / 1: the newest version of one object, a zip archive in a versioned bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.services.codepipeline.action_errors import ActionFailedError
from localcloud.services.codepipeline.actions.outcome import Outcome, Revision

if TYPE_CHECKING:
    from localcloud.services.codepipeline.actions.context import ActionContext


def run(context: ActionContext) -> Outcome:
    bucket, key = context.configuration["S3Bucket"], context.place_override or context.configuration["S3ObjectKey"]
    s3 = context.client("s3")
    if s3.get_bucket_versioning(Bucket=bucket).get("Status") != "Enabled":
        raise ActionFailedError(
            "ConfigurationError",
            f"The bucket {bucket} is not versioned: a source action takes a version of {key}. Enable versioning on it.",
        )
    version = {"VersionId": context.revision_override} if context.revision_override else {}
    found = s3.get_object(Bucket=bucket, Key=key, **version)
    url = f"https://console.aws.amazon.com/s3/object/{bucket}?region={context.region}&prefix={key}"
    context.report(externalExecutionId=found["VersionId"], externalExecutionUrl=url)
    location = context.store.new_location(context.outputs[0], suffix=".zip")
    context.store.put(s3, location, found["Body"].read())
    return Outcome(
        summary=f"Amazon S3 version id: {found['VersionId']}",
        artifacts={context.outputs[0]: location},
        variables={
            "BucketName": bucket,
            "ETag": found["ETag"].strip('"'),
            "ObjectKey": key,
            "VersionId": found["VersionId"],
        },
        revision=Revision(
            revision_id=found["VersionId"],
            summary=f"Amazon S3 version id: {found['VersionId']}",
            url=url,
            created=found["LastModified"],
        ),
    )
