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
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from localcloud.front_door import federation, regions, system_tags
from localcloud.front_door.guard import FrontDoorGuard
from localcloud.front_door.queue_watch import QueueWatch
from localcloud.front_door.receiving import (
    LARGEST_OBJECT_BYTES,
    LARGEST_OBJECT_BYTES_ON_THE_WIRE,
    SMALL_BYTES,
    Body,
    HungUpError,
    largest_of,
    too_large,
)
from localcloud.front_door.refusals import QUERY_SERVICES
from localcloud.front_door.routes import Routes
from localcloud.front_door.virtual_hosts import VirtualHosts, refuse_foreign_host
from localcloud.front_door.workers import Kind, Workers
from localcloud.iam import object_deletions
from localcloud.moto_services import limits, long_poll, plain_http
from localcloud.moto_services.bridge import MOTO_SERVICES, MotoBridge
from localcloud.moto_services.long_poll import Poll
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
from localcloud.wire import api_requests, heads, protocol, rpc_v2, s3_requests
from localcloud.wire.api_requests import ApiRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.front_door.identity import Authenticated, Authenticating, Identity
    from localcloud.front_door.signatures import Claim
    from localcloud.iam.authorization import Authorization
    from localcloud.platform.service import Caller, Params
    from localcloud.platform.service_calls import ServiceCall
    from localcloud.platform.token_issuers import TokenIssuers
    from localcloud.wire.addresses import Addresses
    from localcloud.wire.written import Written

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Ask = Callable[[HttpRequest], HttpResponse]

#: Statuses that end a response: what came after them, a client would take for the next one.
_WITHOUT_BODY = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})
#: Large objects are read from their file and sent in pieces of this size.
_PIECE_BYTES = 256 * 1024
HEALTH_PATH = "/_localcloud/health"

log = logging.getLogger("localcloud.gateway")


class Gateway:
    def __init__(
        self,
        groups: list[Operations],
        identity: Identity,
        authorization: Authorization,
        moto: MotoBridge,
        issuers: TokenIssuers,
        addresses: Addresses,
    ) -> None:
        self._identity = identity
        self._authorization = authorization
        self._moto = moto
        self._federation = federation.Federation(authorization, issuers)
        self._region = addresses.region
        self._handlers: dict[tuple[str, str], Handler] = {}
        #: Operations that take as long as something else does.
        self._waiting: set[tuple[str, str]] = set()
        #: Operations that nobody has to sign, and the name that others of their service are signed for.
        self._unsigned: dict[str, str] = {}
        #: The same, as they are called: AWS asks no policy then.
        self._without_policies: set[tuple[str, str]] = set()
        #: The name that requests are signed for, as in the handlers, → botocore's.
        self._services: dict[str, str] = {}
        self._under_way = 0
        self._closed = threading.Event()
        self._workers = Workers()
        self._queues = QueueWatch()
        for group in groups:
            self._add(group)
        health = Route(prefix=HEALTH_PATH, answer=_healthy, authorize=without_policies)
        guard = FrontDoorGuard(identity, authorization, addresses.region)
        self._hosts = VirtualHosts((host for group in groups for host in group.virtual_hosts()), addresses, guard)
        routes = [route for group in groups for route in group.routes()]
        self._routes = Routes([health, *routes], also=self._hosts.prefixes)

    def _add(self, group: Operations) -> None:
        handlers = dict(group.handlers())
        if not handlers:
            return
        signed_for = protocol.signing_name(group.service)
        self._services.setdefault(signed_for, group.service)
        self._waiting |= {(signed_for, name) for name in group.waiting}
        for name in group.unsigned:
            self._unsigned[name] = signed_for
            self._without_policies.add((signed_for, name))
        for name, handler in handlers.items():
            if (signed_for, name) in self._handlers:
                raise ValueError(f"{group.service}:{name} has two handlers")
            self._handlers[signed_for, name] = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if self._closed.is_set():
            await asyncio.Event().wait()  # neither answered nor refused, until the connection is cut
        self._under_way += 1
        head = HttpRequest(method=scope["method"], path="/", query="", headers={}, body=b"")
        try:
            response = await self._respond(scope, receive)
        except HungUpError:
            return
        except AwsError as error:
            response = protocol.refuse_for(_apparent_service(scope), error, str(uuid.uuid4()))
        except Exception as error:
            log.exception("%s %s", scope["method"], scope["path"])
            internal = AwsError("InternalFailure", f"{type(error).__name__}: {error}", status=500)
            response = protocol.refuse_for(_apparent_service(scope), internal, str(uuid.uuid4()))
        finally:
            self._under_way -= 1
        await _write(head, response, send)

    async def answer_service(self, asked: ServiceCall) -> dict[str, Any]:
        """The answer to a service of this cloud that calls on its own behalf; raises AwsError."""
        service = protocol.signing_name(asked.service)
        caller = self._identity.service(asked.principal, source_arn=asked.source_arn)
        call = Call(
            service=service,
            operation=asked.operation,
            region=self._region,
            caller=caller,
            request_id=str(uuid.uuid4()),
        )
        kind = Kind.WAITING if (service, asked.operation) in self._waiting else Kind.INNER
        return await self._workers.run(kind, lambda: self._carried_out(call, asked.params, {}, inner=True) or {})

    async def close(self, within_seconds: float) -> None:
        """Takes no more requests, and waits this long for those under way."""
        self._closed.set()
        self._queues.tell(None)
        deadline = time.monotonic() + within_seconds
        while self._under_way and time.monotonic() < deadline:  # noqa: ASYNC110  (counted on this very loop)
            await asyncio.sleep(0.01)

    async def _respond(self, scope: Scope, receive: Receive) -> HttpResponse:
        """Raises HungUpError, and AwsError for what is refused before the service is known."""
        head = heads.read(
            scope["method"], scope.get("raw_path", scope["path"].encode()), scope["query_string"], scope["headers"]
        )
        body = Body(head, receive)
        visited = self._hosts.find(head)
        if visited is not None:
            return await self._hosts.answer(*visited, body)
        if not heads.is_own_host(head.headers.get("host", "")):
            return refuse_foreign_host(head)
        heads.check_names(head)
        route = self._routes.find(head.path)
        if route is not None:
            return await self._answer_route(route, head, body)
        return await self._answer_call(head, body)

    async def _answer_route(self, route: Route, head: HttpRequest, body: Body) -> HttpResponse:
        if not body.is_small:
            if not route.admit(head):
                return await route.answer(head)
            refused = self._unknown_to(route, head)
            if refused is not None:
                return refused
        too_long = too_large("", route.largest_bytes)
        request = replace(head, body=await body.read(route.largest_bytes, too_long))
        return self._refused_by(route, request) or await route.answer(request)

    def _unknown_to(self, route: Route, head: HttpRequest) -> HttpResponse | None:
        """The refusal of a request whose sender is nobody, before its body is read."""
        try:
            if route.authorize(head) is not None:
                self._identity.begin(head)
        except AwsError as error:
            return protocol.json_error(error, str(uuid.uuid4()))
        return None

    async def _answer_call(self, head: HttpRequest, body: Body) -> HttpResponse:
        kind = self._kind_of(head)
        if body.is_small:
            request = replace(head, body=await body.read(SMALL_BYTES, too_large("", SMALL_BYTES)))
            answer = await self._workers.run(kind, lambda: self._answer_api(head, lambda: self._known(request)))
        else:
            answer = await self._answer_large(kind, head, body)
        while isinstance(answer, Poll):
            await self._queues.wait(answer.queue, answer.left_seconds)
            answer = await self._workers.run(kind, partial(answer.once, last=self._closed.is_set()))
        return rpc_v2.in_its_words(head, answer)

    async def _answer_large(self, kind: Kind, head: HttpRequest, body: Body) -> HttpResponse | Poll:
        """First who calls, then the body: an object goes to a file as it comes, and everything else has a limit."""
        try:
            begun = await self._workers.run(kind, lambda: self._identity.begin(head))
            service = begun.claim.service
            if s3_requests.is_upload(service, head):
                return await self._take_upload(kind, begun, body)
            limit = largest_of(service)
            content = begun.feed(await body.read(limit, too_large(service, limit)))
        except AwsError as error:
            return protocol.refuse_for(protocol.spoken_service(head), error, str(uuid.uuid4()))
        return await self._workers.run(kind, lambda: self._answer_api(head, lambda: begun.finish(content)))

    async def _take_upload(self, kind: Kind, begun: Authenticating, body: Body) -> HttpResponse | Poll:
        upload = self._moto.uploads.begin()
        try:
            too_long = too_large("s3", LARGEST_OBJECT_BYTES)
            while (piece := await body.piece(LARGEST_OBJECT_BYTES_ON_THE_WIRE, too_long)) is not None:
                upload.write(begun.feed(piece))
                if upload.size > LARGEST_OBJECT_BYTES:
                    raise too_long

            def finished() -> Authenticated:
                found = begun.finish(b"")
                return replace(found, request=replace(found.request, stored=upload.finish(found.request.headers)))

            return await self._workers.run(kind, lambda: self._answer_api(begun.head, finished))
        finally:
            upload.discard()

    def _protocols(self, signed_for: str) -> Mapping[str, protocol.Protocol]:
        service = self._services.get(signed_for)
        return protocol.Protocol.all_of(service) if service else {}

    def _kind_of(self, head: HttpRequest) -> Kind:
        """On whose threads a call is answered; by what it says, for nobody has been asked yet who calls."""
        service = protocol.spoken_service(head)
        waits = any(service == waiting for waiting, _ in self._waiting)
        wire = self._protocols(service).get("rest-json") if waits else None
        asked = wire.read(head) if wire else None
        if asked is not None and (service, asked.operation) in self._waiting:
            return Kind.WAITING
        return Kind.INNER if self._identity.is_inner(head) else Kind.OUTER

    def _known(self, request: HttpRequest) -> Authenticated:
        unsigned = self._unsigned_for(request)
        if unsigned is not None:
            return self._identity.nobody(request, service=unsigned)
        if federation.is_login(request):
            return self._identity.nobody(request, service="sts")
        with self._authorization.cost.measured(calls=1):
            return self._identity.authenticate(request)

    def _unsigned_for(self, request: HttpRequest) -> str | None:
        """The service of the operation that a request names, if nobody has to sign it, and nobody has."""
        prefix, _, operation = request.headers.get("x-amz-target", "").rpartition(".")
        service = self._unsigned.get(operation)
        if service is None or protocol.signature(request) is not None:
            return None
        return service if prefix == self._protocols(service)["json"].target_prefix else None

    def _answer_api(self, head: HttpRequest, authenticated: Callable[[], Authenticated]) -> HttpResponse | Poll:
        request_id = str(uuid.uuid4())
        service = protocol.spoken_service(head)
        try:
            found = authenticated()
            claim, caller, request, service = found.claim, found.caller, found.request, found.claim.service
            if service in MOTO_SERVICES:
                return self._answer_motos(claim, caller, request)
            regions.require(service, claim.region, here=self._region)
            wire = protocol.wire_of(self._protocols(service), request)
            asked = wire.read(request) if wire else None
            if asked is None or wire is None:
                target = request.headers.get("x-amz-target", "").rpartition(".")[2]
                raise protocol.unsupported(service, target or None, request)
            call = Call(
                service=service, operation=asked.operation, region=claim.region, caller=caller, request_id=request_id
            )
            return self._answer_ours(call, request, wire, asked)
        except AwsError as error:
            return protocol.refuse_for(service, error, request_id)
        except RecursionError:
            deep = AwsError("ValidationException", "A document of the request is nested too deep.")
            return protocol.refuse_for(service, deep, request_id)
        except Exception as error:
            log.exception("%s %s %s", service, head.method, head.path)
            internal = AwsError("InternalFailure", f"{type(error).__name__}: {error}", status=500)
            return protocol.refuse_for(service, internal, request_id)

    def _authorize(self, call: ApiRequest, caller: Caller, region: str, *, inner: bool) -> None:
        """``inner``: the call comes from this very process, which may write tags of AWS's own, and asks nobody."""
        if not inner:
            system_tags.check(call)
        if not (inner and system_tags.are_all(call)):
            self._authorization.authorize(call, caller, region)

    def _refused_by(self, route: Route, request: HttpRequest) -> HttpResponse | None:
        """The refusal of a request to a route; None where it is allowed."""
        try:
            asked = route.authorize(request)
            if asked is None:
                return None
            found = self._identity.authenticate(request)
            found.signed_for(asked.service)
            regions.require(asked.service, found.claim.region, here=self._region)
            call = ApiRequest(
                service=asked.service, operation=asked.operation, params=asked.params, headers=request.headers
            )
            self._authorization.authorize(call, found.caller, found.claim.region)
        except AwsError as error:
            return protocol.json_error(error, str(uuid.uuid4()))
        return None

    def _answer_motos(self, claim: Claim, caller: Caller, request: HttpRequest) -> HttpResponse | Poll:
        spoken = api_requests.read(claim.service, request)
        call, rebuilt = spoken.call, for_moto(spoken.request, claim.signer)

        def ask(asked: HttpRequest) -> HttpResponse:
            frees = call.operation.startswith(("Delete", "Abort"))
            return self._moto.answer(asked, lambda answer: changes(call, caller, answer), frees=frees)

        if (call.service, call.operation) == ("s3", "DeleteObjects"):
            refusals = self._authorization.authorize_each(call, caller, claim.region)
            return object_deletions.answer(rebuilt, call.params["deletions"], refusals, ask)
        if (call.service, call.operation) == federation.WEB_IDENTITY:
            return self._federation.answer(call, claim.region, lambda: ask(rebuilt))
        return self._answer_allowed(call, caller, claim, request, rebuilt, ask)

    def _answer_allowed(
        self, call: ApiRequest, caller: Caller, claim: Claim, request: HttpRequest, rebuilt: HttpRequest, ask: Ask
    ) -> HttpResponse | Poll:
        """Once the caller's policies have been asked. ``rebuilt``: the request that moto gets."""
        self._authorize(call, caller, claim.region, inner=self._identity.is_inner(request))
        own = self._authorization.own_answer(call, caller)
        if own is not None:
            return own
        limits.check(call)
        try:
            if (call.service, call.operation) == ("sqs", "ReceiveMessage"):
                queue_waits = self._authorization.state.queue_waits(call, claim.region)
                return long_poll.receive(call, rebuilt, queue_waits, ask)
            answer = ask(rebuilt)
        except NotImplementedError as lacking:
            raise protocol.unsupported(claim.service, call.operation, request) from lacking
        except (AwsError, OSError, RecursionError):
            raise
        except Exception as error:
            raise _not_taken(call, error) from error
        self._authorization.answered(call)
        self._queues.answered(call)
        if answer.status == HTTPStatus.NOT_FOUND and call.operation in ("GetObject", "HeadObject"):
            refusal = self._authorization.may_list(call, caller, claim.region)
            if refusal is not None:
                raise refusal
        answer = self._authorization.shown(call, answer)
        return plain_http.without_the_buckets_key(call, answer, self._authorization.state, claim.region)

    def _answer_ours(self, call: Call, request: HttpRequest, wire: protocol.Protocol, asked: Written) -> HttpResponse:
        try:
            if (call.service, call.operation) not in self._handlers:
                raise protocol.unsupported(call.service, call.operation, request)
            params, inner = wire.parse(request, asked), self._identity.is_inner(request)
            result = self._carried_out(call, params, request.headers, inner=inner)
            return wire.answer(call.operation, result, call.request_id)
        except AwsError as error:
            return wire.refuse(error, call.request_id)

    def _carried_out(self, call: Call, params: Params, headers: Mapping[str, str], *, inner: bool) -> Params | None:
        """What one of our operations answers, once the caller's policies have been asked."""
        named = (call.service, call.operation)
        if named not in self._without_policies:
            asked = ApiRequest(service=call.service, operation=call.operation, params=params, headers=headers)
            self._authorize(asked, call.caller, call.region, inner=inner)
        return self._handlers[named](call, params)


def _not_taken(call: ApiRequest, error: Exception) -> AwsError:
    """Moto expects values that AWS would have refused before: a name of some form, a number in a token."""
    log.warning("%s:%s: moto ended with %r", call.service, call.operation, error, exc_info=error)
    code = {"s3": "InvalidRequest"}.get(call.service, "ValidationException")
    return AwsError(
        "ValidationError" if call.service in QUERY_SERVICES else code,
        f"{call.service}:{call.operation} does not take these values ({type(error).__name__}: {str(error)[:200]})",
    )


async def _healthy(_: HttpRequest) -> HttpResponse:
    return HttpResponse(status=200, headers={"content-type": "text/plain"}, body=b"ok\n")


def _apparent_service(scope: Scope) -> str:
    """In whose words a request is refused that could not be read."""
    names = {name for name, _ in scope["headers"]}
    return "json" if b"x-amz-target" in names else "sts" if scope["method"] == "POST" else "s3"


async def _write(request: HttpRequest, response: HttpResponse, send: Send) -> None:
    has_body = response.status not in _WITHOUT_BODY
    dropped = {"transfer-encoding", "connection"} | (set() if has_body else {"content-length"})
    headers = [
        (name.encode("latin-1"), value.encode("latin-1"))
        for name, value in (*response.headers.items(), *response.more_headers)
        if name not in dropped
    ]
    if has_body and "content-length" not in response.headers:
        headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    if response.file is not None:
        with response.file as file:
            while piece := file.read(_PIECE_BYTES):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": response.body if has_body and request.method != "HEAD" else b""})
