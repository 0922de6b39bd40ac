"""Captures an endpoint's requests and answers for monitoring."""

from __future__ import annotations

from aws_cdk import CfnParameter
from aws_cdk import aws_sagemaker as sagemaker
from handover.names import Parameter
from handover.places import capture_folder

from constructs import Construct


class DataCapture(Construct):
    """JSON lines under ``capture/<release>/<endpoint>/<variant>/yyyy/mm/dd/hh/`` of the workload's data bucket.

    During a canary, two releases answer under one endpoint's name: the folder keeps their answers apart. While a
    release competes, the folder is ``<release>-competing``, with a subfolder for each variant.
    """

    def __init__(self, scope: Construct, construct_id: str, *, percent: int, release: str, key_arn: str | None) -> None:
        super().__init__(scope, construct_id)
        bucket = CfnParameter(self, "Bucket", description="Where requests and answers are captured")
        bucket.override_logical_id(Parameter.CAPTURE_BUCKET)
        self.config = sagemaker.CfnEndpointConfig.DataCaptureConfigProperty(
            enable_capture=True,
            initial_sampling_percentage=percent,
            kms_key_id=key_arn,
            destination_s3_uri=capture_folder(bucket.value_as_string, release),
            capture_options=[
                sagemaker.CfnEndpointConfig.CaptureOptionProperty(capture_mode=mode) for mode in ("Input", "Output")
            ],
            # Content types listed here are captured as text, all others as base64.
            capture_content_type_header=sagemaker.CfnEndpointConfig.CaptureContentTypeHeaderProperty(
                csv_content_types=["text/csv"], json_content_types=["application/json"]
            ),
        )
