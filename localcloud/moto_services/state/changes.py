"""Which calls to moto change something and must be written down. In doubt, a call does."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localcloud.platform.service import Caller, HttpResponse
    from localcloud.wire.api_requests import ApiRequest

_READING = (
    *("BatchCheck", "BatchGet", "Check", "Decrypt", "Describe", "Filter", "Get", "Head", "List", "Lookup", "Search"),
    *("Select", "Simulate", "Test", "Verify"),
)
#: Named like reads, but each begins a session.
_CHANGING = frozenset({("sts", "GetFederationToken"), ("sts", "GetSessionToken")})


def changes(call: ApiRequest, caller: Caller, answer: HttpResponse) -> bool:
    """Whether the call may have changed moto's state. An AWS service's session does not count: this process ends it."""
    if (call.service, call.operation) in _CHANGING:
        return True
    if call.service == "sts" and caller.service:
        return False
    if call.operation == "ReceiveMessage":
        return b"ReceiptHandle" in answer.body
    return not call.operation.startswith(_READING)
