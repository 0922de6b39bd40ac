"""Invokes SageMaker endpoints, one row per request, over a kept connection.

A row that the line kept from being answered (``ml_steps/line.py``) is asked again, within limits: a single fault costs
a moment, and an endpoint that is dead for thousands of rows costs minutes.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from botocore.config import Config

from handover.errors import HandOverError
from handover.invocations import ManyRows, NoAnswer, type_of
from ml_steps.line import ERRORS, Fault, fault_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handover.invocations import Invocation

#: For clients of sagemaker-runtime. SageMaker lets a container take 60 s, and its documentation asks callers to wait
#: for 70 s. botocore would ask again by itself, and hide it: here, that is counted, and its time is part of the row's.
CLIENT_CONFIG = Config(
    connect_timeout=5, read_timeout=70, retries={"total_max_attempts": 1, "mode": "standard"}, max_pool_connections=50
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How long a line is borne with. All of it together fits into the gate's build time.

    pauses: between the attempts of one row, so there is one attempt more.
    row_seconds: after these, no further attempt of a row begins.
    lost_seconds: how much failed attempts and the pauses after them may cost for each endpoint, all rows together.
    all_seconds: after these, no row is asked any more; they begin with the first row.
    """

    pauses: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0)
    row_seconds: float = 150.0
    lost_seconds: float = 180.0
    all_seconds: float = 720.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What came back, and how long after the row was first sent: failed attempts and pauses are part of it.

    text: a container's error (``error …``) is an answer too, but never a right one. ``NoAnswer`` if the line gave none.
    faults: those of its failed attempts, unless the last one is the answer.
    """

    text: str
    milliseconds: float
    faults: tuple[Fault, ...] = ()


class _Spent:
    """What asking has cost so far, for all threads."""

    def __init__(self) -> None:
        self._began: float | None = None
        self._lost: dict[str, float] = {}
        self._last: dict[str, str] = {}
        self._lock = Lock()

    def lose(self, endpoint: str, seconds: float, cause: str) -> None:
        with self._lock:
            self._lost[endpoint] = self._lost.get(endpoint, 0.0) + seconds
            self._last[endpoint] = cause

    def over(self, endpoint: str, patience: Patience) -> str:
        """Why the endpoint is not asked any more; empty if it is."""
        now = time.perf_counter()
        with self._lock:
            self._began = now if self._began is None else self._began
            if now - self._began > patience.all_seconds:
                return f"{patience.all_seconds:g} s for all rows are over"
            if self._lost.get(endpoint, 0.0) >= patience.lost_seconds:
                cost = f"failed requests have cost {patience.lost_seconds:g} s"
                return f"{cost}, the last one: {self._last[endpoint]}"
        return ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asker:
    """Invokes endpoints in a workload's own way. ``runtime`` is a client of sagemaker-runtime with ``CLIENT_CONFIG``.

    The name of an endpoint selects it; ``name/variant`` selects one of its variants.
    """

    runtime: Any
    invocation: Invocation
    patience: Patience = field(default_factory=Patience)
    _spent: _Spent = field(default_factory=_Spent, repr=False, compare=False)

    def ask(self, endpoint: str, rows: Sequence[str]) -> list[Answer]:
        """Send each row, one after the other. StepError if the caller is refused."""
        return [self._ask_one(endpoint, row) for row in rows]

    def ask_in_turn(self, endpoints: Sequence[str], rows: Sequence[str]) -> list[list[Answer]]:
        """Each endpoint's answers to all rows. Each row goes to all endpoints; every other row in reverse order.

        So their times can be compared: if this machine is slow for a while, that slows all of them.
        """
        answers: list[list[Answer]] = [[] for _ in endpoints]
        for number, row in enumerate(rows):
            places = range(len(endpoints)) if number % 2 == 0 else reversed(range(len(endpoints)))
            for place in places:
                answers[place].append(self._ask_one(endpoints[place], row))
        return answers

    def ask_at_once(self, endpoint: str, rows: Sequence[str], *, connections: int) -> list[Answer]:
        """As ``ask``, over several connections: faster in all, but each answer's time includes waits for others.

        Where a request may hold several rows, it does. A request that fails is no row's fault: then each of its rows is
        asked by itself.
        """
        size = self.invocation.most_rows if isinstance(self.invocation, ManyRows) else 1
        parts = [rows[start : start + size] for start in range(0, len(rows), size)]
        with ThreadPoolExecutor(connections) as pool:
            return [answer for part in pool.map(lambda part: self._ask_part(endpoint, part), parts) for answer in part]

    def _ask_part(self, endpoint: str, rows: Sequence[str]) -> list[Answer]:
        earlier: tuple[Fault, ...] = ()
        if len(rows) > 1 and isinstance(self.invocation, ManyRows) and not self._spent.over(endpoint, self.patience):
            started = time.perf_counter()
            try:
                texts = self.invocation.answers(self._send(endpoint, self.invocation.batch(rows)))
            except HandOverError:
                texts = []
            except ERRORS as error:
                fault, texts = fault_of(error, endpoint), []
                self._spent.lose(endpoint, time.perf_counter() - started, fault.cause)
                earlier = (fault,) if fault.again else ()
            if len(texts) == len(rows):
                milliseconds = (time.perf_counter() - started) * 1000
                return [Answer(text=text, milliseconds=milliseconds) for text in texts]
        return [self._ask_one(endpoint, row, earlier) for row in rows]

    def _ask_one(self, endpoint: str, row: str, earlier: Sequence[Fault] = ()) -> Answer:
        """earlier: the faults of a request that held the row among others."""
        body, started = self.invocation.body(row), time.perf_counter()
        faults: list[Fault] = [*earlier]

        def answer(text: str) -> Answer:
            return Answer(text=text, milliseconds=(time.perf_counter() - started) * 1000, faults=tuple(faults))

        given_up = ""
        for pause in (*self.patience.pauses, 0.0):
            if time.perf_counter() - started > self.patience.row_seconds:
                given_up = f" (not asked again: {self.patience.row_seconds:g} s for one row are over)"
                break
            if over := self._spent.over(endpoint, self.patience):
                return answer(
                    NoAnswer(f"{_cause(faults)} (not asked again: {over})" if faults else f"not asked: {over}")
                )
            begun = time.perf_counter()
            try:
                return answer(self._invoke(endpoint, body))
            except ERRORS as error:
                fault = fault_of(error, endpoint)
            if fault.answer is not None and not fault.again:
                return answer(fault.answer)
            faults.append(fault)
            if fault.again and pause:
                time.sleep(pause)
            self._spent.lose(endpoint, time.perf_counter() - begun, fault.cause)
            if not fault.again:
                break
        of_the_container = all(fault.answer is not None for fault in faults)
        return answer(_cause(faults) if of_the_container else NoAnswer(_cause(faults) + given_up))

    def _invoke(self, endpoint: str, body: bytes) -> str:
        return self.invocation.answer(self._send(endpoint, body))

    def _send(self, endpoint: str, body: bytes) -> bytes:
        response = self.runtime.invoke_endpoint(
            **_target(endpoint),
            ContentType=type_of(self.invocation, body),
            Accept=self.invocation.accept,
            Body=body,
        )
        answer: bytes = response["Body"].read()
        return answer


def _cause(faults: Sequence[Fault]) -> str:
    """The last fault of the line; a container's error if there is none."""
    return next((fault.cause for fault in reversed(faults) if fault.answer is None), faults[-1].cause)


def _target(endpoint: str) -> dict[str, str]:
    name, _, variant = endpoint.partition("/")
    return {"EndpointName": name} | ({"TargetVariant": variant} if variant else {})
