"""The paths that are no operation of an AWS API: who answers them, and what must be allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform.service import HttpResponse, Route, without_policies

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localcloud.platform.service import HttpRequest

#: No path of an AWS API begins like this, for a bucket's name has no underscore.
_OURS = "/_"


class Routes:
    def __init__(self, routes: Iterable[Route], *, also: Iterable[str] = ()) -> None:
        """Raises ValueError where two routes have one prefix. ``also``: prefixes that somebody else answers."""
        self._also = list(also)
        unknown = Route(prefix=_OURS, answer=self._refuse, authorize=without_policies)
        self._routes = sorted([*routes, unknown], key=lambda route: len(route.prefix), reverse=True)
        prefixes = [route.prefix for route in self._routes]
        twice = {prefix for prefix in prefixes if prefixes.count(prefix) > 1}
        if twice:
            raise ValueError(f"{', '.join(sorted(twice))} has two routes")

    def find(self, path: str) -> Route | None:
        """The route of a path; None for a path of an AWS API. An unknown path of ours gets a route that refuses it."""
        return next((route for route in self._routes if path.startswith(route.prefix)), None)

    async def _refuse(self, request: HttpRequest) -> HttpResponse:
        ours = sorted([*self._also, *(route.prefix for route in self._routes if route.prefix.startswith(_OURS))])
        known = ", ".join(prefix for prefix in ours if prefix != _OURS)
        problem = f"The local cloud has no route {request.path}. It has {known}.\n"
        return HttpResponse(status=404, headers={"content-type": "text/plain"}, body=problem.encode())
