"""Answers requests to function URLs: who asks, whether it may, then the function."""

from __future__ import annotations

import asyncio
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError
from localcloud.platform.service import Asked, HttpResponse, VirtualHost
from localcloud.services.lambda_.names import Reference
from localcloud.services.lambda_.urls.answer import http_answer
from localcloud.services.lambda_.urls.cors import preflight, with_cors
from localcloud.services.lambda_.urls.event import Exchange

if TYPE_CHECKING:
    from localcloud.platform.service import Caller, Visit
    from localcloud.platform.store import Document
    from localcloud.services.lambda_.engine import Engine
    from localcloud.services.lambda_.urls.settings import Urls
    from localcloud.services.lambda_.versions import Versions

log = logging.getLogger("localcloud.lambda")

#: Lambda's largest request.
_LARGEST_BYTES = 6 * 1024 * 1024
#: More than this machine runs functions, so that those above it are throttled and do not wait.
_THREADS = 64
_FORBIDDEN = (
    "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
)
#: What says nothing of a signature that does not hold: the request has none, or policies do not allow it.
_NOT_ALLOWED = frozenset({"AccessDeniedException", "MissingAuthenticationTokenException"})


class Front:
    def __init__(self, urls: Urls, versions: Versions, engine: Engine) -> None:
        self._urls = urls
        self._versions = versions
        self._engine = engine
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="lambda-url")

    def host(self) -> VirtualHost:
        return VirtualHost(
            suffix="lambda-url.localhost", prefix="/_lambda-url", answer=self._answer, largest_bytes=_LARGEST_BYTES
        )

    def stop(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _answer(self, visit: Visit) -> HttpResponse:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.answer, visit)

    def answer(self, visit: Visit) -> HttpResponse:
        """The answer to one request; it blocks while the function runs."""
        url = self._urls.get(visit.name)
        if url is None:
            return _refusal(404, "ResourceNotFoundException", {"Message": None})
        cors, method = url.get("Cors") or {}, visit.request.method
        return preflight(cors, method, visit.headers) or with_cors(
            cors, method, visit.headers, self._admitted(visit, url)
        )

    def _admitted(self, visit: Visit, url: Document) -> HttpResponse:
        if visit.refused is not None:
            message = f"Request must be smaller than {_LARGEST_BYTES} bytes for the InvokeFunction operation"
            return _refusal(413, "RequestEntityTooLargeException", {"Message": message})
        try:
            caller = _caller(visit, url)
        except AwsError as error:
            if error.code in _NOT_ALLOWED:
                return _refusal(403, "AccessDeniedException", {"Message": _FORBIDDEN})
            return _refusal(403, error.code, {"message": error.message})
        exchange = Exchange(visit=visit, caller=caller, host=self._urls.host(visit.name))
        found = self._run(exchange, Reference(*url["function"].split(":")))
        own = {"x-amzn-requestid": exchange.request_id, "x-amzn-trace-id": exchange.trace_id}
        return replace(found, headers=found.headers | own)

    def _run(self, exchange: Exchange, named: Reference) -> HttpResponse:
        try:
            outcome = self._engine.invoke(self._versions.target(named), exchange.request_id, exchange.event())
        except AwsError as error:
            if error.code == "TooManyRequestsException":
                said = {"Reason": error.members.get("Reason"), "Type": "User", "message": error.message}
                return _refusal(429, error.code, said)
            return _failed(named, error.message)
        if outcome.function_error:
            return _failed(named, outcome.payload.decode("utf-8", "replace")[:500])
        try:
            return http_answer(outcome.payload)
        except ValueError as error:
            return _failed(named, f"it answers in another form than payload format 2.0: {error}")


def _caller(visit: Visit, url: Document) -> Caller | None:
    """Who signed the request, where the URL asks for a signature. Raises AwsError where policies do not allow it."""
    caller = visit.guard.signer(visit.request, "lambda") if url["AuthType"] == "AWS_IAM" else None
    asked = {"FunctionName": url["function"], "AuthType": url["AuthType"]}
    visit.guard.allow(visit.request, Asked(service="lambda", operation="InvokeFunctionUrl", params=asked), caller)
    return caller


def _failed(named: Reference, why: str) -> HttpResponse:
    """The caller is told nothing of the function's fault; it stands in its log and in the local cloud's."""
    log.warning("the URL of %s answers 502: %s", named, why)
    return HttpResponse(status=502, headers={"content-type": "text/plain"}, body=b"Internal Server Error")


def _refusal(status: int, error_type: str, said: dict[str, Any]) -> HttpResponse:
    headers = {"content-type": "application/json", "x-amzn-errortype": error_type}
    return HttpResponse(status=status, headers=headers, body=json.dumps(said, separators=(",", ":")).encode())
