"""The training curve that the push's training step has left beside the model. It is shown, and judges nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from handover.errors import HandOverError
from handover.packages import artifacts
from handover.places import MODEL_KEY, training_curve
from handover.training_curve import MOST_BYTES, TrainingCurve
from handover.versions import newest
from ml_steps.running import say
from ml_test.gate.curve import Curve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handover.addresses import S3Address


def find(s3: Any, bucket: str, package: Mapping[str, Any]) -> Curve:
    """The curve of the package's model, or why there is none. Whatever it is, it stops no judgement.

    package: as DescribeModelPackage answers.
    """
    jobs = [found[1] for address in artifacts(package) if (found := MODEL_KEY.fullmatch(address.key))]
    if not jobs:
        return Curve(unknown="the package has no model of a training job")
    address = training_curve(bucket, jobs[0])
    try:
        return Curve(found=TrainingCurve.parse(_read(s3, address)))
    except (ClientError, HandOverError) as error:
        say(f"  no training curve: {error}")
        return Curve(unknown=str(error).rstrip("."))


def _read(s3: Any, address: S3Address) -> bytes:
    """The newest version, and never more than what is allowed. HandOverError, ClientError."""
    version = newest(s3, address)
    if version is None:
        raise HandOverError(f"the training step has left no {address}; its log says why")
    answer = s3.get_object(**address.arguments, VersionId=version.version_id)
    content: bytes = answer["Body"].read(MOST_BYTES + 1)
    return content
