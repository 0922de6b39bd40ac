"""An AWS account of the user's, as an environment has it, and a listener that hears whatever is sent there."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_IDENTITY = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::{account}:user/ann</Arn><UserId>AIDAANN</UserId><Account>{account}</Account>
</GetCallerIdentityResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetCallerIdentityResponse>"""
#: An address of the network for documentation: nobody is there, and clients that go by a proxy ask the proxy for it.
AWS_ITSELF = "http://192.0.2.1"


@dataclass(frozen=True)
class Listener:
    """Plays STS for an account, and refuses everything else; also where it is asked as a proxy."""

    port: int
    #: A line for each request: method, path, and the operation that its body names.
    heard: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def listening(account: str = "123456789012") -> Iterator[Listener]:
    """A listener on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("utf-8", "replace")
            said = self.headers.get("X-Amz-Target") or body
            listener.heard.append(f"{self.command} {self.path} {said}")
            known = "Action=GetCallerIdentity" in body
            text = (_IDENTITY.format(account=account) if known else "<Refused/>").encode()
            self.send_response(200 if known else 403)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT"):
        setattr(Handler, f"do_{method}", Handler.answer)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        listener = Listener(port=server.server_port)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield listener
        finally:
            server.shutdown()
            thread.join()


def account_at(url: str) -> dict[str, str]:
    """Every way in which an environment can name credentials and endpoints of the user's own, all leading there."""
    return {
        "AWS_ACCESS_KEY_ID": "AKIAFOREIGN",
        "AWS_SECRET_ACCESS_KEY": "foreign",
        "AWS_SESSION_TOKEN": "foreign",
        "AWS_SECURITY_TOKEN": "foreign",
        "AWS_CREDENTIAL_EXPIRATION": "2099-01-01T00:00:00Z",
        "AWS_PROFILE": "foreign",
        "AWS_DEFAULT_PROFILE": "foreign",
        "AWS_CONFIG_FILE": "/foreign/config",
        "AWS_SHARED_CREDENTIALS_FILE": "/foreign/credentials",
        "AWS_SDK_LOAD_CONFIG": "1",
        "AWS_ROLE_ARN": "arn:aws:iam::999999999999:role/foreign",
        "AWS_ROLE_SESSION_NAME": "foreign",
        "AWS_WEB_IDENTITY_TOKEN_FILE": "/foreign/token",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{url}/credentials",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/credentials",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "foreign",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/foreign/token",
        "AWS_EC2_METADATA_DISABLED": "false",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": url,
        "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv4",
        "AWS_ENDPOINT_URL": url,
        "AWS_ENDPOINT_URL_S3": url,
        "AWS_ENDPOINT_URL_STS": url,
        "AWS_ENDPOINT_URL_CLOUDFORMATION": url,
        "AWS_ENDPOINT_URL_SAGEMAKER": url,
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        "AWS_REGION": "eu-foreign-1",
        "AWS_DEFAULT_REGION": "eu-foreign-1",
        "AWS_ACCOUNT_ID": "999999999999",
        "AWS_ACCOUNT_ID_ENDPOINT_MODE": "required",
        "AWS_CA_BUNDLE": "/foreign/ca.pem",
        "AWS_USE_DUALSTACK_ENDPOINT": "true",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_STS_REGIONAL_ENDPOINTS": "legacy",
        "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT": "legacy",
        "AWS_DATA_PATH": "/foreign/models",
        "AWS_MAX_ATTEMPTS": "7",
        "AWS_SIGV4A_SIGNING_REGION_SET": "*",
        "AWS_BEARER_TOKEN_BEDROCK": "foreign",
        "AWS_LOGIN_CACHE_DIRECTORY": "/foreign/login",
        "BOTO_CONFIG": "/foreign/boto.cfg",
    }
