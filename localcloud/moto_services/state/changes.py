"""Which calls to moto change something, and are written down therefore. In doubt, a call does."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localcloud.platform.service import Caller, HttpResponse
    from localcloud.wire.api_requests import ApiRequest

_READING = (
    *("BatchCheck", "BatchGet", "Check", "Decrypt", "Describe", "Filter", "Get", "Head", "List", "Lookup", "Search"),
    *("Select", "Simulate", "Test", "Verify"),
)
#: Named like reads, and yet a session begins.
_CHANGING = frozenset({("sts", "GetFederationToken"), ("sts", "GetSessionToken")})


def changes(call: ApiRequest, caller: Caller, answer: HttpResponse) -> bool:
    """Whether moto may be another after this call. Sessions of the services themselves end with this process."""
    if (call.service, call.operation) in _CHANGING:
        return True
    if call.service == "sts" and caller.service:
        return False
    if call.operation == "ReceiveMessage":
        return b"ReceiptHandle" in answer.body
    return not call.operation.startswith(_READING)
