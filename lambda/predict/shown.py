"""What answers are shown with, from the one object of the data bucket that the function may read: words, or titles.

It is read at the first question and kept. Without it, topics have no words and movies their numbers for titles; it is
not asked for again by this process, unless the line was at fault.
"""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any

from aws import Service

from handover.plain_text import lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handover.addresses import S3Address
    from handover.door import Door

_GONE = (403, 404)
#: Of the deadline's time: words and titles are worth less than the answer.
SECONDS = 2.0


class Shown:
    """Words of topics, or titles of what is ranked."""

    def __init__(self, door: Door, address: S3Address | None) -> None:
        self._door = door
        self._address = address
        self._content: bytes | None = b"" if address is None else None
        self._words: list[list[str]] = []
        self._titles: dict[int, str] = {}

    def load(self, deadline: float) -> str:
        """Read it unless that was done. What went wrong, for the log; empty if nothing did."""
        if self._content is not None or self._address is None:
            return ""
        fault = ""
        try:
            service = Service("s3", host=f"{self._address.bucket}.s3.{{region}}.amazonaws.com", variable="S3")
            answer = service.call("GET", self._path(service), deadline=deadline)
        except (OSError, http.client.HTTPException, ValueError) as error:
            return f"{self._address}: {type(error).__name__}"
        if answer.status == 200:
            self._content = answer.body
            fault = self._read(answer.body)
        elif answer.status in _GONE:
            self._content, fault = b"", f"{self._address}: {answer.status}"
        else:
            return f"{self._address}: {answer.status}"
        return fault

    def words(self, topic: int) -> list[str]:
        """Of the topic with this index; none if nobody has found them out."""
        return self._words[topic] if topic < len(self._words) else []

    def title(self, number: int) -> str:
        """The title; the number itself without one."""
        return self._titles.get(number) or str(number)

    def _path(self, service: Service) -> str:
        """By host on AWS; by path where AWS_ENDPOINT_URL names another place, which has no host for each bucket."""
        address = self._address
        if address is None:
            raise TypeError
        return f"/{address.key}" if service.on_aws else f"/{address.bucket}/{address.key}"

    def _read(self, content: bytes) -> str:
        try:
            if self._door.titles is not None:
                self._titles = titles(content, self._door.titles)
            else:
                self._words = [[str(word) for word in topic] for topic in json.loads(content)]
        except (ValueError, TypeError, IndexError) as error:
            return f"{self._address}: {type(error).__name__}"
        return ""


def titles(content: bytes, table: Mapping[str, Any]) -> dict[int, str]:
    """Number → title, from the first two values of each line."""
    rows = (line.split(table["delimiter"]) for line in lines(content.decode(table["encoding"])))
    return {int(row[0]): row[1] for row in rows}
