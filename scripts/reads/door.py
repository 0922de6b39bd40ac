"""The door of a workload: its addresses, and the body of a request for a row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from handover.datasets import rules_in
from handover.door import Asks, is_whole
from handover.door import Door as Facts
from handover.door_schema import JSON
from handover.invocations import type_of
from handover.names import Output
from handover.plain_text import number
from scripts.reads.errors import NotThereError
from scripts.reads.stacks import pipeline_outputs, stack_of
from stacks.door_facts import door_facts
from stacks.settings import load_settings
from stacks.workloads import WORKLOADS


class Door:
    """What stands of it. NotThereError for a workload without one, or before its first release."""

    def __init__(self, workload: str) -> None:
        self.workload = WORKLOADS[workload]
        if self.workload.api is None:
            raise NotThereError(
                f"{workload} has no door: give it doors=(Api(),) in stacks/workloads.py, and deploy it."
            )
        self.stack_name = self.workload.stack_name("Api")
        self._outputs = pipeline_outputs(self.workload.name)

    def stack(self) -> dict[str, Any] | None:
        """The release's stack as CloudFormation describes it; None if nothing was released with a door yet."""
        return stack_of_api(self.workload.name)

    @property
    def page(self) -> str:
        return self._of(Output.PAGE, "people")

    @property
    def api(self) -> str:
        self._of(Output.PROGRAMS, "programs")
        return self._of(Output.API, "programs")

    @property
    def user_pool(self) -> str:
        return self._of(Output.USER_POOL, "people")

    def _of(self, output: Output, callers: str) -> str:
        if output not in self._outputs:
            raise NotThereError(
                f"{self.workload.stack_name('Pipeline')} has no output {output}: [api] callers in gatehouse.toml needs"
                f' "{callers}", and the stack make deploy WORKLOAD={self.workload.name}.'
            )
        return self._outputs[output]


def stack_of_api(workload: str) -> dict[str, Any] | None:
    """A workload's API as CloudFormation describes it; None if it has none, or none yet.

    Nobody is asked about a workload without a door: who may roll it back need not be allowed to.
    """
    spec = WORKLOADS[workload]
    return stack_of(spec.stack_name("Api")) if spec.api else None


def request_for(workload: str, row: str | None = None) -> tuple[bytes, str]:
    """Body and content type of a request: a value for each of its columns; of an image, its file in base64.

    None: the page's first example, or the gate's first smoke request if there are none. Raises SystemExit if the row
    has not the columns of a request.
    """
    spec, dataset = WORKLOADS[workload], load_settings(Path("gatehouse.toml")).of(workload).dataset
    facts = door_facts(spec, dataset)
    if row is None and facts.examples and facts.asks is not Asks.IMAGE:
        return json.dumps(facts.examples[0]).encode(), JSON
    row = row or str(rules_in(Path(), workload, dataset)["smoke"]["requests"][0])
    if facts.asks is Asks.IMAGE:
        body = spec.invocation.body(row)
        return body, type_of(spec.invocation, body)
    return json.dumps(_members(facts, row)).encode(), JSON


def _members(facts: Facts, row: str) -> dict[str, Any]:
    values = [row] if facts.asks is Asks.TEXT else row.split(",")
    if len(values) != len(facts.columns):
        names = ",".join(column["name"] for column in facts.columns)
        raise SystemExit(f"The row {row!r} has {len(values)} values; a request to {facts.workload} has {names}.")
    return {column["name"]: _value(column, text) for column, text in zip(facts.columns, values, strict=True)}


def _value(column: Any, text: str) -> Any:
    """As JSON has it. What is no number is sent as it is: the API says what it may be."""
    found = number(text) if "low" in column else None
    if found is None:
        return text
    return int(found) if is_whole(column) and found.is_integer() else found
