"""What SageMaker does with the role of a job or a model: data, logs, metrics, images.

Source: "How to use SageMaker AI execution roles" of the developer guide. For CreateTrainingJob and CreateModel a role
needs S3, CloudWatch Logs, ``cloudwatch:PutMetricData``, and ECR for the images, even those in AWS's accounts. It does
not need the metrics of endpoints: AWS itself puts those into namespaces that begin with ``AWS/``.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from localcloud.platform.errors import EngineError
from localcloud.platform.log_stream import LogStream
from localcloud.platform.role_session import RoleSession

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud

_PRINCIPAL = "sagemaker.amazonaws.com"
_IMAGE = re.compile(r"(?P<registry>\d{12})\.dkr\.ecr\.[^.]+\.amazonaws\.com/(?P<repository>[^:@]+)(?:[:@](?P<tag>.+))?")
#: A stand-in has no layers, so the calls name an arbitrary digest.
_LAYER = f"sha256:{'0' * 64}"
#: moto's codes for unknown images and layers. A caller who gets one was allowed to ask.
_NOT_HELD = frozenset({"RepositoryNotFoundException", "LayersNotFoundException", "NotImplemented"})

log = logging.getLogger("localcloud.sagemaker.execution_role")


def execution_role(cloud: Cloud, role_arn: str, session_name: str, *, resource: str) -> RoleSession:
    """``resource``: what SageMaker assumes the role for, such as ``training-job/NAME``."""
    return RoleSession(
        cloud.clients,
        lambda: cloud.clients.assume_role(
            role_arn,
            session_name=session_name,
            service_principal=_PRINCIPAL,
            source_arn=cloud.arn("sagemaker", resource),
        ),
    )


class ExecutionLog:
    """The log of a job or a container, written with its role.

    As on AWS, the work goes on without a log if the role may not write it. The denied call is on record.
    """

    def __init__(self, role: RoleSession, group: str, stream: str) -> None:
        self._stream: LogStream | None = None
        client = role.client("logs")
        try:
            self._look(role, group, stream)
            self._stream = LogStream(client, group, stream)
        except ClientError as error:
            log.warning("the log %s/%s is lost: %s", group, stream, error)

    def write(self, line: str) -> None:
        if self._stream is not None:
            self._stream.write(line)

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()

    @staticmethod
    def _look(role: RoleSession, group: str, stream: str) -> None:
        """Looks for the stream first, as SageMaker does: its permissions include ``logs:DescribeLogStreams``."""
        logs = role.client("logs")
        try:
            logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=stream)
        except logs.exceptions.ResourceNotFoundException:
            return


def pull(role: RoleSession, image: str) -> None:
    """Makes the calls that pull an image from ECR, with the role; raises EngineError where one is denied.

    No byte of the image is loaded, for a stand-in takes its place. Images outside of ECR need no call.
    """
    found = _IMAGE.fullmatch(image)
    if found is None:
        return
    ecr = role.client("ecr")
    place = {"registryId": found["registry"], "repositoryName": found["repository"]}
    calls: tuple[tuple[Any, dict[str, Any]], ...] = (
        (ecr.get_authorization_token, {}),
        (ecr.batch_get_image, {**place, "imageIds": [{"imageTag": found["tag"] or "latest"}]}),
        (ecr.batch_check_layer_availability, {**place, "layerDigests": [_LAYER]}),
        (ecr.get_download_url_for_layer, {**place, "layerDigest": _LAYER}),
    )
    for call, parameters in calls:
        try:
            call(**parameters)
        except ClientError as error:
            if error.response["Error"]["Code"] in _NOT_HELD:
                continue
            raise EngineError(
                "Cannot pull algorithm container. Either the image does not exist or its permissions are incorrect: "
                f"{image}: {error.response['Error']['Message']}"
            ) from error
