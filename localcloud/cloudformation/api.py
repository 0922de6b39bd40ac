"""CloudFormation's API: one engine behind all groups of operations."""

from __future__ import annotations

from urllib.parse import parse_qsl

from localcloud.cloudformation.change_set_operations import ChangeSetOperations
from localcloud.cloudformation.reading_operations import ReadingOperations
from localcloud.cloudformation.stack_operations import StackOperations
from localcloud.cloudformation.template_operations import TemplateOperations
from localcloud.platform.service import HttpRequest, HttpResponse, Route, without_policies
from localcloud.resources.responses import PREFIX


class CloudFormation(StackOperations, ChangeSetOperations, ReadingOperations, TemplateOperations):
    def routes(self) -> list[Route]:
        """Functions answer for custom resources. The signature in the address proves that they were asked."""
        return [Route(prefix=PREFIX, answer=self._take_answer, authorize=without_policies)]

    async def _take_answer(self, request: HttpRequest) -> HttpResponse:
        """As S3 answers an upload to a presigned address."""
        if request.method != "PUT":
            return _plain(405, "An answer for a custom resource is PUT here.\n")
        signature = dict(parse_qsl(request.query)).get("Signature", "")
        if not self.engine.responses.put(signature, request.body):
            return _plain(403, "Nobody waits for this answer any more: the request has ended, or was never made.\n")
        return _plain(200, "")

    def start(self) -> None:
        self.engine.take_up()

    def stop(self) -> None:
        self.engine.stop()


def _plain(status: int, text: str) -> HttpResponse:
    return HttpResponse(status=status, headers={"content-type": "text/plain"}, body=text.encode())
