"""The documents of API Gateway, and AWS's words for those that do not exist."""

from __future__ import annotations

import re
import secrets
import string
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document, Table

#: AWS's limits for an account.
ACCOUNT_THROTTLE = {"burstLimit": 5000, "rateLimit": 10000.0}
_LOG_GROUP = re.compile(r"arn:aws:logs:[a-z0-9-]+:[0-9]{12}:log-group:([\w./#-]+?)(?::\*)?")
_ALPHABET = string.ascii_lowercase + string.digits
#: What an error calls each kind of thing → AWS's sentence.
_UNKNOWN = {
    "resources": "Invalid Resource identifier specified",
    "models": "Invalid Model Name specified",
    "validators": "Invalid Request Validator identifier specified",
    "authorizers": "Invalid Authorizer identifier specified",
    "gateway_responses": "Invalid response type specified",
    "stages": "Invalid stage identifier specified",
    "deployments": "Invalid Deployment identifier specified",
    "keys": "Invalid API Key identifier specified",
    "plans": "Invalid Usage Plan ID specified",
}


def new_id(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def not_found(kind: str) -> AwsError:
    return AwsError("NotFoundException", _UNKNOWN[kind], status=404)


def bad_request(message: str) -> AwsError:
    return AwsError("BadRequestException", message)


def conflict(message: str) -> AwsError:
    return AwsError("ConflictException", message, status=409)


def log_group_of(arn: str) -> str | None:
    """The name of the log group that receives access logs; None for another destination."""
    found = _LOG_GROUP.fullmatch(arn)
    return found[1] if found else None


class Documents:
    """Everything that is defined. An API is one document, with its parts by kind; a snapshot of it is another."""

    def __init__(self, cloud: Cloud) -> None:
        self._account_id = cloud.settings.account_id
        self.apis: Table = cloud.store.table("apigateway.apis")
        #: Key ``<api>/<deployment>``.
        self.snapshots: Table = cloud.store.table("apigateway.snapshots")
        #: Key ``<api>/<stage>``: the resource policy that was deployed there. IAM reads it (iam/account_state.py).
        self.policies: Table = cloud.store.table("apigateway.policies")
        self.keys: Table = cloud.store.table("apigateway.api_keys")
        self.plans: Table = cloud.store.table("apigateway.usage_plans")
        #: Key ``<plan>/<key>``: how many requests of its quota a key has used, by period.
        self.usage: Table = cloud.store.table("apigateway.usage")
        self.account: Table = cloud.store.table("apigateway.account")

    def api(self, api_id: str) -> Document:
        found = self.apis.get(api_id)
        if found is None:
            raise self.no_api(api_id)
        return found

    def no_api(self, api_id: str) -> AwsError:
        return AwsError(
            "NotFoundException", f"Invalid API identifier specified {self._account_id}:{api_id}", status=404
        )

    def change(self, api_id: str, change: Callable[[Document], None]) -> Document:
        """Changes an API's document under its lock, and returns it. What ``change`` raises leaves it as it was."""
        try:
            return self.apis.update(api_id, change)
        except KeyError:
            if api_id in self.apis:
                raise
            raise self.no_api(api_id) from None

    def part(self, api_id: str, kind: str, name: str) -> Document:
        """One part of an API, such as its stage of this name."""
        return part_of(self.api(api_id), kind, name)

    def cloudwatch_role(self) -> str:
        return str((self.account.get("account") or {}).get("cloudwatchRoleArn") or "")


def part_of(api: Document, kind: str, name: str) -> Document:
    found: Document | None = api[kind].get(name)
    if found is None:
        raise not_found(kind)
    return found
