"""From a request to what the endpoint is asked: one class for each kind of request (``handover.door.Asks``)."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import contract
from pictures import checked_picture
from refusals import RefusedError, bad_request

from handover.door import Asks, Door, is_whole
from handover.door_schema import ADDRESS, JSON, request_schema
from handover.invocations import Invocation, ManyRows, invocation, type_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    #: Fetches what stands at an address, before a deadline.
    Fetch = Callable[[str, float], bytes]


@dataclass(frozen=True, kw_only=True)
class Received:
    """A request's body. content_type: in lower case, without parameters."""

    content_type: str
    body: bytes

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Received:
        """From an event of API Gateway's Lambda proxy."""
        headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        text = event.get("body") or ""
        if event.get("isBase64Encoded"):
            try:
                body = base64.b64decode(text, validate=True)
            except ValueError:
                raise bad_request("The body is no base64.") from None
        else:
            body = text.encode(errors="surrogatepass")
        return cls(content_type=(headers.get("content-type") or "").partition(";")[0].strip().lower(), body=body)


@dataclass(frozen=True, kw_only=True)
class Question:
    """What the endpoint is asked."""

    content_type: str
    accept: str
    body: bytes


class Asking:
    """Makes questions of requests to one door."""

    def __init__(self, door: Door, fetch: Fetch) -> None:
        self._door = door
        self._schema = request_schema(door)
        self._how: Invocation = invocation(door.invocation)
        self._fetch = fetch
        self._ask = {Asks.ROW: self._row, Asks.TEXT: self._text, Asks.RANKING: self._ranking}.get(door.asks)

    def question(self, received: Received, deadline: float) -> Question:
        """RefusedError for what the contract refuses. deadline: of ``time.monotonic``, for what must be fetched."""
        if received.content_type in self._door.image_types:
            return self._image(received.body, "body")
        if received.content_type != JSON:
            found, known = received.content_type[:80] or "missing", ", ".join([*self._door.image_types, JSON])
            raise RefusedError(
                status=415,
                message=f"The content type is {found}; allowed are {known}.",
                cause="content type",
            )
        request = contract.parsed(received.body)
        contract.checked(request, self._schema)
        if self._ask is None:
            return self._image(self._fetch(request[ADDRESS], deadline), ADDRESS)
        return self._asked(self._ask(request))

    def _asked(self, body: bytes) -> Question:
        return Question(content_type=type_of(self._how, body), accept=self._how.accept, body=body)

    def _row(self, request: Mapping[str, Any]) -> bytes:
        return self._how.body(",".join(_text_of(request[column["name"]], column) for column in self._door.columns))

    def _text(self, request: Mapping[str, Any]) -> bytes:
        """White space counts as in the training: one blank between words. HTML is a gap to the endpoint's tokenizer."""
        (column,) = self._door.columns
        text = " ".join(request[column["name"]].split())
        if not text:
            raise bad_request(
                f"{column['name']} is empty: expected text.", field=column["name"], allowed={"minLength": 1}
            )
        return self._how.body(text)

    def _ranking(self, request: Mapping[str, Any]) -> bytes:
        """One request with a row for each value of the ranked column."""
        ranked, (column,) = self._door.ranked, self._door.columns
        if ranked is None or not isinstance(self._how, ManyRows):
            raise TypeError(f"The invocation {self._door.invocation} takes one row at a time: it cannot rank.")
        value = _text_of(request[column["name"]], column)
        return self._how.batch([f"{value},{each}" for each in range(ranked["low"], ranked["high"] + 1)])

    def _image(self, content: bytes, field: str) -> Question:
        (column,) = self._door.columns
        kind = checked_picture(content, column, field)
        return Question(content_type=kind, accept=self._how.accept, body=content)


def _text_of(value: Any, column: Mapping[str, Any]) -> str:
    """As the data step writes it: a whole number without a point, others as the shortest text of the same number."""
    if isinstance(value, str):
        return value
    return str(int(value)) if is_whole(column) else repr(float(value) + 0.0)
