"""Pushes to repositories with a connection: each starts the pipelines whose triggers it passes."""

from __future__ import annotations

import asyncio
import json
import logging

from botocore.exceptions import ClientError

from localcloud.platform.connector import PUSHES
from localcloud.platform.errors import AwsError
from localcloud.platform.service import HttpRequest, HttpResponse, Route, without_policies
from localcloud.services.codepipeline import triggers
from localcloud.services.codepipeline.pipeline_operations import PipelineOperations
from localcloud.services.codepipeline.webhook_filter import signature_is_valid

log = logging.getLogger("localcloud.codepipeline")


class PushOperations(PipelineOperations):
    def routes(self) -> list[Route]:
        """The app that connections install signs what it tells."""
        return [*super().routes(), Route(prefix=PUSHES, answer=self._pushed, authorize=without_policies)]

    async def _pushed(self, request: HttpRequest) -> HttpResponse:
        return await asyncio.to_thread(self._take_push, request)

    def _take_push(self, request: HttpRequest) -> HttpResponse:
        if not signature_is_valid(self.cloud.clients.inner_secret, request.body, request.headers):
            return _answer(403, "Only the app of this local cloud's connections may tell of pushes.")
        push = triggers.push_of(json.loads(request.body))
        delivery = request.headers["x-github-delivery"]
        started = [name for name in self.records.pipeline_names() if push and self._start_by(push, name, delivery)]
        return _answer(200, f"Started {', '.join(started) or 'nothing'}.")

    def _start_by(self, push: triggers.Push, name: str, delivery: str) -> bool:
        """Starts a pipeline once for a delivery, if one of its source actions takes the push."""
        pipeline = self.records.declaration(name)
        for action in triggers.connected(pipeline):
            arn = action["configuration"]["ConnectionArn"]
            if triggers.starts(pipeline, action, push) and self._is_there(arn):
                return self._start_execution(push, name, action["name"], arn, delivery)
        return False

    def _start_execution(self, push: triggers.Push, name: str, action: str, arn: str, delivery: str) -> bool:
        try:
            self.engine.start_execution(
                name,
                trigger={"triggerType": "WebhookV2", "triggerDetail": arn},
                overrides={action: push.commit},
                places={action: push.branch} if push.branch else {},
                token=delivery,
            )
        except AwsError as error:  # for instance, a variable without a default
            log.warning("pipeline %s was not started by a push: %s: %s", name, error.code, error.message)
            return False
        return True

    def _is_there(self, arn: str) -> bool:
        """Whether the connection exists: what a deleted one would tell, nobody hears."""
        try:
            self.cloud.clients.administrator("codeconnections").get_connection(ConnectionArn=arn)
        except ClientError:
            return False
        return True


def _answer(status: int, text: str) -> HttpResponse:
    return HttpResponse(status=status, headers={"content-type": "text/plain"}, body=f"{text}\n".encode())
