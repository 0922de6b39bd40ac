"""The front door: one ASGI application on one port.

Requests that are no operation, such as invocations, go to their route. Operations of our own services go to their
handler, and the other ones to moto. Anything else is refused by name.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
import uuid
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from localcloud.front_door.routes import Routes
from localcloud.iam import object_deletions
from localcloud.moto_services import limits, long_poll, plain_http
from localcloud.moto_services.bridge import MOTO_SERVICES, MotoBridge
from localcloud.moto_services.rebuilding import for_moto
from localcloud.moto_services.state.changes import changes
from localcloud.platform.errors import AwsError
from localcloud.platform.service import (
    Call,
    Handler,
    HttpRequest,
    HttpResponse,
    Operations,
    Route,
    without_policies,
)
from localcloud.platform.settings import LOOPBACK
from localcloud.wire import api_requests, heads, protocol
from localcloud.wire.api_requests import ApiRequest

if TYPE_CHECKING:
    from localcloud.front_door.identity import Identity
    from localcloud.front_door.signatures import Claim
    from localcloud.iam.authorization import Authorization
    from localcloud.platform.service import Caller
    from localcloud.wire.written import Written

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

HEALTH_PATH = "/_localcloud/health"

log = logging.getLogger("localcloud.gateway")


class Gateway:
    def __init__(
        self, groups: list[Operations], identity: Identity, authorization: Authorization, moto: MotoBridge
    ) -> None:
        self._identity = identity
        self._authorization = authorization
        self._moto = moto
        self._handlers: dict[tuple[str, str], Handler] = {}
        #: The key is the name that requests are signed for, as in the handlers.
        self._protocols: dict[str, dict[str, protocol.Protocol]] = {}
        self._under_way = 0
        self._closed = threading.Event()
        self._workers = ThreadPoolExecutor(max_workers=64, thread_name_prefix="call")
        for group in groups:
            self._add(group)
        health = Route(prefix=HEALTH_PATH, answer=_healthy, authorize=without_policies)
        self._routes = Routes([health, *(route for group in groups for route in group.routes())])

    def _add(self, group: Operations) -> None:
        handlers = dict(group.handlers())
        if not handlers:
            return
        signed_for = protocol.signing_name(group.service)
        self._protocols.setdefault(signed_for, protocol.Protocol.all_of(group.service))
        for name, handler in handlers.items():
            if (signed_for, name) in self._handlers:
                raise ValueError(f"{group.service}:{name} has two handlers")
            self._handlers[signed_for, name] = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            request = await _read(scope, receive)
        except AwsError as error:
            head = HttpRequest(method=scope["method"], path="/", query="", headers={}, body=b"")
            await _write(head, protocol.refuse_for(_apparent_service(scope), error, str(uuid.uuid4())), send)
            return
        if self._closed.is_set():
            await asyncio.Event().wait()  # neither answered nor refused, until the connection is cut
        self._under_way += 1
        try:
            response = await self._answer(request)
        except Exception as error:
            log.exception("%s %s", request.method, request.path)
            internal = AwsError("InternalFailure", f"{type(error).__name__}: {error}", status=500)
            problem = error if isinstance(error, AwsError) else internal
            response = protocol.refuse_for(protocol.spoken_service(request), problem, str(uuid.uuid4()))
        finally:
            self._under_way -= 1
        await _write(request, response, send)

    async def close(self, within_seconds: float) -> None:
        """Takes no more requests, and waits this long for those under way."""
        self._closed.set()
        deadline = time.monotonic() + within_seconds
        while self._under_way and time.monotonic() < deadline:  # noqa: ASYNC110  (counted on this very loop)
            await asyncio.sleep(0.01)

    async def _answer(self, request: HttpRequest) -> HttpResponse:
        if not heads.is_own_host(request.headers.get("host", "")):
            return _refuse_foreign_host(request)
        route = self._routes.find(request.path)
        if route is not None:
            return self._refused_by(route, request) or await route.answer(request)
        return await asyncio.get_running_loop().run_in_executor(self._workers, self._answer_api, request)

    def _answer_api(self, request: HttpRequest) -> HttpResponse:
        request_id = str(uuid.uuid4())
        service = protocol.spoken_service(request)
        try:
            with self._authorization.cost.measured(calls=1):
                found = self._identity.authenticate(request)
            claim, caller, request, service = found.claim, found.caller, found.request, found.claim.service
            if service in MOTO_SERVICES:
                return self._answer_motos(claim, caller, request)
            wire = protocol.wire_of(self._protocols.get(service, {}), request)
            asked = wire.read(request) if wire else None
            if asked is None or wire is None:
                raise protocol.unsupported(service, request.headers.get("x-amz-target"), request)
            call = Call(
                service=service, operation=asked.operation, region=claim.region, caller=caller, request_id=request_id
            )
            return self._answer_ours(call, request, wire, asked)
        except AwsError as error:
            return protocol.refuse_for(service, error, request_id)

    def _refused_by(self, route: Route, request: HttpRequest) -> HttpResponse | None:
        """The refusal of a request to a route; None where it is allowed."""
        try:
            asked = route.authorize(request)
            if asked is None:
                return None
            found = self._identity.authenticate(request)
            claim, caller = found.claim, found.caller
            if claim.service != asked.service:
                raise AwsError(
                    "InvalidSignatureException",
                    f"Credential should be scoped to correct service: '{asked.service}'.",
                    status=403,
                )
            call = ApiRequest(
                service=asked.service, operation=asked.operation, params=asked.params, headers=request.headers
            )
            self._authorization.authorize(call, caller, claim.region)
        except AwsError as error:
            return protocol.json_error(error, str(uuid.uuid4()))
        return None

    def _answer_motos(self, claim: Claim, caller: Caller, request: HttpRequest) -> HttpResponse:
        spoken = api_requests.read(claim.service, request)
        call, rebuilt = spoken.call, for_moto(spoken.request, claim.signer)

        def ask(asked: HttpRequest) -> HttpResponse:
            return self._moto.answer(asked, lambda answer: changes(call, caller, answer))

        if (call.service, call.operation) == ("s3", "DeleteObjects"):
            refusals = self._authorization.authorize_each(call, caller, claim.region)
            return object_deletions.answer(rebuilt, call.params["deletions"], refusals, ask)
        self._authorization.authorize(call, caller, claim.region)
        own = self._authorization.own_answer(call, caller)
        if own is not None:
            return own
        limits.check(call)
        try:
            if (call.service, call.operation) == ("sqs", "ReceiveMessage"):
                queue_waits = self._authorization.state.queue_waits(call, claim.region)
                return long_poll.receive(call, rebuilt, queue_waits, ask, self._closed.wait)
            answer = ask(rebuilt)
        except NotImplementedError as lacking:
            raise protocol.unsupported(claim.service, call.operation, request) from lacking
        self._authorization.answered(call)
        if answer.status == HTTPStatus.NOT_FOUND and call.operation in ("GetObject", "HeadObject"):
            refusal = self._authorization.may_list(call, caller, claim.region)
            if refusal is not None:
                raise refusal
        return plain_http.without_the_buckets_key(call, answer, self._authorization.state, claim.region)

    def _answer_ours(self, call: Call, request: HttpRequest, wire: protocol.Protocol, asked: Written) -> HttpResponse:
        try:
            handler = self._handlers.get((call.service, call.operation))
            if handler is None:
                raise protocol.unsupported(call.service, call.operation, request)
            params = wire.parse(request, asked)
            read = ApiRequest(service=call.service, operation=call.operation, params=params, headers=request.headers)
            self._authorization.authorize(read, call.caller, call.region)
            return wire.answer(call.operation, handler(call, params), call.request_id)
        except AwsError as error:
            return wire.refuse(error, call.request_id)


def _refuse_foreign_host(request: HttpRequest) -> HttpResponse:
    """Refuses a web page whose name was rebound to this machine: its browser sends that name as Host."""
    problem = f"The local cloud answers {LOOPBACK} and localhost, not Host: {request.headers.get('host', '')}.\n"
    return HttpResponse(status=421, headers={"content-type": "text/plain"}, body=problem.encode())


async def _healthy(_: HttpRequest) -> HttpResponse:
    return HttpResponse(status=200, headers={"content-type": "text/plain"}, body=b"ok\n")


async def _read(scope: Scope, receive: Receive) -> HttpRequest:
    """Raises UnreadableError."""
    head = heads.read(
        scope["method"], scope.get("raw_path", scope["path"].encode()), scope["query_string"], scope["headers"]
    )
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            break
    return replace(head, body=b"".join(chunks))


def _apparent_service(scope: Scope) -> str:
    """In whose words a request is refused that could not be read."""
    names = {name for name, _ in scope["headers"]}
    return "json" if b"x-amz-target" in names else "sts" if scope["method"] == "POST" else "s3"


async def _write(request: HttpRequest, response: HttpResponse, send: Send) -> None:
    headers = [
        (name.encode("latin-1"), value.encode("latin-1"))
        for name, value in response.headers.items()
        if name not in {"transfer-encoding", "connection"}
    ]
    if "content-length" not in response.headers:
        headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else response.body})
