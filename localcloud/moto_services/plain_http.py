"""Spares clients what they refuse to do over plain HTTP, which is all that the local cloud speaks.

Version 1 of AWS's SDK for Java refuses to name a KMS key over HTTP (``AmazonS3Client.checkHttps``). Spark writes with
Hadoop's S3A, which renames by copying, and names the key that HEAD reports. So a job could not write under a customer's
key. Where HEAD reports no key, the copy gets the bucket's default key. Therefore only that key is left out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localcloud.iam.account_state import AccountState
    from localcloud.platform.service import HttpResponse
    from localcloud.wire.api_requests import ApiRequest

_SDK = "aws-sdk-java/1."
_KEY_HEADER = "x-amz-server-side-encryption-aws-kms-key-id"


def without_the_buckets_key(call: ApiRequest, answer: HttpResponse, state: AccountState, region: str) -> HttpResponse:
    """The answer to S3's HeadObject for that SDK; every other answer unchanged."""
    if (call.service, call.operation) != ("s3", "HeadObject") or _SDK not in call.headers.get("user-agent", ""):
        return answer
    key, default = answer.headers.get(_KEY_HEADER), state.encryption.of_bucket(call.params["Bucket"])
    if key is None or default is None or state.key_arn(region, key) != state.key_arn(region, default.key):
        return answer
    return replace(answer, headers={name: value for name, value in answer.headers.items() if name != _KEY_HEADER})
