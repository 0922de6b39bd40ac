"""Signs what Schemathesis sends: it loads this file (SCHEMATHESIS_HOOKS). The keys are those of AWS's own variables."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

import schemathesis
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from requests import PreparedRequest
from requests.auth import AuthBase


class Signature(AuthBase):
    """Of API Gateway's calls (execute-api)."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        keys = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
        address = urlsplit(str(request.url))
        headers = {"content-type": request.headers["content-type"]} if "content-type" in request.headers else {}
        signed = AWSRequest(method=request.method, url=request.url, data=request.body or b"", headers=headers)
        SigV4Auth(keys, "execute-api", os.environ["AWS_DEFAULT_REGION"]).add_auth(signed)
        request.headers.update({"host": address.netloc, **dict(signed.headers.items())})
        return request


schemathesis.auth.set_from_requests(Signature())
