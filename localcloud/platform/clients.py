"""boto3 clients for the local cloud's own parts, and credentials for the work that engines run.

Every call goes through the front door. So moto's services and ours are reached alike, and every call has a caller.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from localcloud.platform import administrator, client_environment, own_http

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.platform.settings import Settings

#: The key of an AWS service is this prefix and its principal, such as ``…-glue.amazonaws.com``. Roles trust the
#: principal. The ARN of the resource for which the service asks takes the place of a session token.
SERVICE_KEY_PREFIX = "LOCALCLOUDSERVICE-"
#: Says, with the inner secret, that a call comes from this very process: it then waits for no thread of outer calls.
INNER_HEADER = "x-localcloud-inner"
#: Takes the place of a session token where a service acts for its caller, with the caller's own permissions. The
#: principals of these services follow, in the order in which they were called.
FORWARD_ACCESS_SESSION = "forward-access-session:"
#: More are made anew when they are needed again.
_MOST_CLIENTS = 64
_MOST_SESSIONS = 512


class Clients:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        #: Signs what this process does as a service or for a caller. No other process knows it.
        self.inner_secret = secrets.token_urlsafe(30)
        self._administrator = administrator.credentials(settings.home)
        self._lock = threading.Lock()
        self._session: Any = None
        #: In the order of their last use. A client takes half a megabyte, and sessions come and go.
        self._cached: OrderedDict[tuple[str, str], Any] = OrderedDict()
        #: The key of a session → the service that assumed its role, and for which resource.
        self._assumed: OrderedDict[str, tuple[str, str]] = OrderedDict()

    def administrator(self, service: str) -> Any:
        """A cached boto3 client of the account's administrator."""
        return self._client(service, self._administrator, cache_key="administrator")

    def for_credentials(self, service: str, credentials: dict[str, str]) -> Any:
        """A boto3 client with credentials as :meth:`assume_role` returns them."""
        return self._client(service, credentials, cache_key=credentials["aws_access_key_id"])

    def as_service(self, service: str, principal: str, *, source_arn: str = "") -> Any:
        """A boto3 client for what an AWS service (``cloudwatch.amazonaws.com``) does on its own behalf.

        ``source_arn`` is the resource for which the service acts, such as an alarm that publishes to a topic. Policies
        see it as ``aws:SourceArn``.
        """
        credentials = {
            "aws_access_key_id": SERVICE_KEY_PREFIX + principal,
            "aws_secret_access_key": self.inner_secret,
            **({"aws_session_token": source_arn} if source_arn else {}),
        }
        return self._client(service, credentials, cache_key=f"{principal} {source_arn}")

    def signed_get(
        self, service: str, credentials: dict[str, str], path: str, query: Mapping[str, str]
    ) -> own_http.Answer:
        """The answer to a GET of a route, with credentials as :meth:`assume_role` returns them.

        Raises OSError or http.client.HTTPException without an answer.
        """
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials

        asked = f"{path}?{urlencode(query, quote_via=quote, safe='')}"
        keys = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
        signer = Credentials(*(credentials[key] for key in keys))
        request = AWSRequest(method="GET", url=f"{self._settings.endpoint_url}{asked}")
        SigV4Auth(signer, service, self._settings.region).add_auth(request)
        return own_http.call(self._settings.endpoint_url, "GET", asked, dict(request.headers.items()))

    def assume_role(
        self, role_arn: str, *, session_name: str, service_principal: str, source_arn: str = ""
    ) -> dict[str, str]:
        """Temporary credentials of a service role, as the service (``codebuild.amazonaws.com``) gets them from STS.

        ``source_arn`` is the resource for which the service assumes it, such as a build project.
        Returns boto3's keyword arguments: aws_access_key_id, aws_secret_access_key, aws_session_token.
        Raises botocore's ClientError where the role does not exist or does not trust the service.
        """
        sts = self.as_service("sts", service_principal, source_arn=source_arn)
        credentials = self.assume_role_by(sts, role_arn, session_name=session_name)
        with self._lock:
            self._assumed[credentials["aws_access_key_id"]] = (service_principal, source_arn)
            while len(self._assumed) > _MOST_SESSIONS:
                self._assumed.popitem(last=False)
        return credentials

    def assumed_for(self, access_key_id: str) -> tuple[str, str]:
        """The service that has assumed a session's role lately, and the resource for which; empty for other callers."""
        return self._assumed.get(access_key_id, ("", ""))

    @staticmethod
    def assume_role_by(sts: Any, role_arn: str, *, session_name: str) -> dict[str, str]:
        """As :meth:`assume_role`, called by the owner of this STS client."""
        # STS wants two characters at least; a function or a job may have a name of one.
        answer = sts.assume_role(RoleArn=role_arn, RoleSessionName=session_name[:64].ljust(2, "-"))
        found = answer["Credentials"]
        return {
            "aws_access_key_id": found["AccessKeyId"],
            "aws_secret_access_key": found["SecretAccessKey"],
            "aws_session_token": found["SessionToken"],
        }

    def forwarding(self, service: str, access_key_id: str, *, via: tuple[str, ...]) -> Any:
        """A boto3 client for what a service does for a caller, with the caller's own permissions.

        ``via``: the principals of the services that act for the caller, this one last. Policies see them as
        ``aws:CalledVia``.
        """
        token = FORWARD_ACCESS_SESSION + ",".join(via)
        credentials = {
            "aws_access_key_id": access_key_id,
            "aws_secret_access_key": self.inner_secret,
            "aws_session_token": token,
        }
        return self._client(service, credentials, cache_key=f"{token}/{access_key_id}")

    def environment(self, credentials: dict[str, str]) -> dict[str, str]:
        """The variables that make any AWS client in a child process use these credentials on this cloud."""
        return client_environment.on_local_cloud(self._settings.endpoint_url, self._settings.region, credentials)

    def _client(self, service: str, credentials: dict[str, str], *, cache_key: str) -> Any:
        with self._lock:
            client = self._cached.get((cache_key, service))
            if client is None:
                client = self._make(service, credentials)
                self._cached[cache_key, service] = client
            self._cached.move_to_end((cache_key, service))
            while len(self._cached) > _MOST_CLIENTS:
                self._cached.popitem(last=False)
            return client

    def _make(self, service: str, credentials: dict[str, str]) -> Any:
        import boto3
        from botocore.config import Config

        self._session = self._session or boto3.Session()
        client = self._session.client(
            service,
            endpoint_url=self._settings.endpoint_url,
            region_name=self._settings.region,
            config=Config(
                retries={"mode": "standard", "total_max_attempts": 2},
                max_pool_connections=32,
                proxies={},
                s3={"addressing_style": "path"},
            ),
            **credentials,
        )
        client.meta.events.register("before-send", self._mark)
        return client

    def _mark(self, request: Any, **_: Any) -> None:
        """After the signature, which therefore does not cover it."""
        request.headers[INNER_HEADER] = self.inner_secret
