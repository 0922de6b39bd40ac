"""The cdk command's output as a person reads it: what it made and what failed, in place of a line for each event."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

from scripts.follow import Screen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: An event of CloudFormation: stack | done/all | time | status | type | which.
_EVENT = re.compile(r"(?P<stack>\S+) \| +(?P<done>\d+)/(?P<all>\d+) \| [^|]+\| (?P<status>\w+) +\| (?P<type>\S+) +\| ")
#: What says only that things go on as they should.
_GOES_ON = re.compile(
    r"\s*$|Bundling asset |Successfully synthesized |Supply a stack id |Trusted accounts "
    r"|Using default execution policy |\S+: (start|success|creating|deploying)\b|\s*✨|\s*⏳"
    r"|Outputs:$|Stack ARN:$|arn:\S+$|\S+\.\w+ = "
)
_DONE = {"CREATE_COMPLETE": "created", "UPDATE_COMPLETE": "updated", "DELETE_COMPLETE": "deleted"}
_STACK = "AWS::CloudFormation::Stack"


class Digest:
    """Takes the output line by line. ``progress``: how far the stack is that is deployed now."""

    def __init__(self) -> None:
        self.progress = ""
        self._counted: dict[str, Counter[str]] = {}

    def shown(self, line: str) -> Iterator[str]:
        """What of a line is to be printed."""
        event = _EVENT.match(line)
        if event is None:
            if not _GOES_ON.match(line):
                yield line
            return
        stack, status = event["stack"], event["status"]
        self.progress = f"… {stack}  {event['done']}/{event['all']}  {event['type']}"
        if status in _DONE and event["type"] != _STACK:
            self._counted.setdefault(stack, Counter())[_DONE[status]] += 1
        if status.endswith("_FAILED") or "ROLLBACK" in status:
            yield line

    def made(self) -> list[str]:
        """A line for each stack, of its resources."""
        width = max((len(stack) for stack in self._counted), default=0)
        return [
            f"{stack:<{width}}  {', '.join(f'{number} {what}' for what, number in sorted(counted.items()))}"
            for stack, counted in self._counted.items()
        ]


def run(command: list[str], log: Path) -> int:
    """Runs the command with its whole output in a file, and prints the digest. Returns the exit code."""
    digest, screen = Digest(), Screen()
    log.parent.mkdir(parents=True, exist_ok=True)
    with (
        log.open("a") as kept,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running,
    ):
        for line in running.stdout or ():
            kept.write(line)
            for shown in digest.shown(line.rstrip()):
                screen.line(shown)
            screen.progress(digest.progress)
    screen.clear()
    for line in digest.made():
        print(line, flush=True)
    if running.returncode:
        print(f"All that cdk said: {log}", file=sys.stderr)
    return running.returncode
